"""Product code that is written for the tests: it looks whether it is tested, or answers what a test asks."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.found import Found, dotted, last_name, shown, text_of
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.plain import constants_of, is_literal, plain
from autopack_executor.syntax.versions import FunctionNode
from autopack_model.finding.value import FindingRule

_MARKS = re.compile(
    r"^PYTEST_?$|PYTEST_CURRENT_TEST|PYTEST_XDIST|PYTEST_VERSION|_called_from_test|^AUTOPACK|autopack_recorder"
)
_RUNNERS = frozenset({"pytest", "_pytest", "unittest", "py.test", "nose", "unittest.case", "_pytest.python", "pluggy"})
_FRAMES = frozenset({"_getframe", "currentframe", "stack", "extract_stack", "walk_stack", "_current_frames", "trace"})
_OF_FRAMES = frozenset({"co_name", "co_filename", "function", "filename", "f_globals", "co_qualname", "__name__"})
_TESTED = re.compile(r"(^|\W|_)(py)?tests?(_|\W|$)|test_|pytest|unittest|conftest", re.IGNORECASE)
_COMMON = frozenset(map(repr, (0, 1, -1, 2, 10, "", " ", b"", None, True, False, 0.0, 1.0)))
_MOST_TESTS = 5


def detections(before: ast.Module | None, after: ast.Module) -> Iterator[Found]:
    """Where the product looks whether it is being tested, and did not on base."""
    known = Counter() if before is None else Counter(text_of(each) for each in _looks(before))
    for node in _looks(after):
        text = text_of(node)
        if known[text] > 0:
            known[text] -= 1
        else:
            yield Found(rule=FindingRule.TEST_DETECTED, line=node.lineno, after=shown(text))


def _looks(module: ast.Module) -> Iterator[ast.expr]:
    documented = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, (ast.Module, ast.ClassDef, *Function)) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, Function):
            yield from _callers(node)
        elif isinstance(node, ast.expr) and id(node) not in documented and (_is_mark(node) or _asks(node)):
            yield node


def _is_mark(node: ast.expr) -> bool:
    """Whether an expression is the name of something that is there only while tests run."""
    match node:
        case ast.Constant(value=str(text)):
            return _MARKS.search(text) is not None
        case ast.BinOp(op=ast.Add()):
            return _MARKS.search(_joined(node)) is not None
        case ast.Attribute(attr="_called_from_test"):
            return True
        case _:
            return False


def _asks(node: ast.expr) -> bool:
    """Whether an expression asks which modules are loaded, or with which command Python runs, and means a runner."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            loaded = isinstance(operator, (ast.In, ast.NotIn)) and _is_modules(right) and _names_a_runner(left)
            return loaded or (_asks_command(node) and _tells(node))
        case ast.Call(func=ast.Attribute(attr="get" | "__contains__" | "pop", value=value), args=[first, *_]):
            return _is_modules(value) and _names_a_runner(first)
        case ast.Call(func=ast.Attribute(attr="endswith" | "startswith", value=value)):
            return _asks_command(value) and _tells(node)
        case ast.Subscript(value=value, slice=index):
            return _is_modules(value) and _names_a_runner(index)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
            return _asks_command(node) and _tells(node)
        case _:
            return False


def _joined(node: ast.expr) -> str:
    """The text that constants make where they are added to each other, empty for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _joined(left), _joined(right)
            return first + second if first and second else ""
        case _:
            return ""


def _is_modules(node: ast.expr) -> bool:
    return any(last_name(each) == "modules" for each in ast.walk(node) if isinstance(each, (ast.Attribute, ast.Name)))


def _names_a_runner(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in _RUNNERS


def _asks_command(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr in {"argv", "orig_argv"} for each in ast.walk(node))


def _tells(node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) and _TESTED.search(each.value)
        for each in ast.walk(node)
    )


def _callers(function: FunctionNode) -> Iterator[ast.expr]:
    """A function that asks who calls it, and compares that with what tests are called."""
    asked = [
        node
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and last_name(node) in _FRAMES
        and (
            dotted(node).split(".")[0] in {"sys", "inspect", "traceback"}
            or last_name(node) in {"_getframe", "currentframe", "extract_stack"}
        )
    ]
    reads = any(isinstance(each, ast.Attribute) and each.attr in _OF_FRAMES for each in ast.walk(function))
    body = [each for each in function.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    if asked and reads and any(map(_tells, body)):
        yield asked[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCall:
    """What a test gives to a function of this name: the constants in the test, as they are written."""

    __test__ = False

    test: str
    constants: frozenset[str]


def calls_of_tests(tests: Mapping[str, ast.Module]) -> dict[str, list[TestCall]]:
    """The test functions that call each function, by the function's last name. ``tests`` are modules by their paths."""
    found: dict[str, list[TestCall]] = {}
    for path, module in sorted(tests.items()):
        values = constants_of(module.body)
        for name, function in test_functions(module):
            constants = {
                repr(each.value)
                for node in ast.walk(function)
                for each in ([node] if not isinstance(node, ast.Name) else ast.walk(values.get(node.id, node)))
                if isinstance(each, ast.Constant)
            }
            constants |= {
                text_of(each) for each in ast.walk(function) if isinstance(each, ast.UnaryOp) and is_literal(each)
            }
            for called in {last_name(each) for each in ast.walk(function) if isinstance(each, ast.Call)}:
                call = TestCall(test=f"{path}::{name}", constants=frozenset(constants))
                found.setdefault(called, []).append(call)
    return found


def test_functions(module: ast.Module) -> "Iterator[tuple[str, FunctionNode]]":
    """The tests of a module and of its classes by their names in test ids."""
    for node in module.body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, Function) and each.name.startswith("test"):
                    yield f"{node.name}::{each.name}", each


test_functions.__test__ = False  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Special:
    """A branch that is taken for constant arguments only, and answers with a constant."""

    node: ast.AST
    line: int
    pinned: Mapping[str, frozenset[str]]


def special_cases(before: ast.Module | None, after: ast.Module, calls: Mapping[str, list[TestCall]]) -> Iterator[Found]:
    """New branches of the product that answer the arguments of a test with a constant."""
    known = (
        frozenset()
        if before is None
        else frozenset(text_of(each) for each in ast.walk(before) if isinstance(each, (ast.stmt, ast.expr)))
    )
    values = constants_of(after.body)
    for function in ast.walk(after):
        if not isinstance(function, Function):
            continue
        parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        parameters = parameters[1:] if parameters[:1] in (["self"], ["cls"]) else parameters
        for special in _specials(function, frozenset(parameters), values):
            if text_of(special.node) in known:
                continue
            constants = frozenset().union(*special.pinned.values())
            called = [each for each in calls.get(function.name, ()) if constants <= each.constants]
            if not called or constants <= _COMMON:
                continue
            needed = parameters[: len(parameters) - len(function.args.defaults)]
            exact = len(special.pinned) >= 2 and set(needed) <= set(special.pinned)
            rule = FindingRule.RESULT_HARD_CODED if exact else FindingRule.SPECIAL_CASE_OF_TEST
            for each in called[:_MOST_TESTS]:
                yield Found(rule=rule, line=special.line, test=each.test, after=shown(special.node))


def _specials(function: FunctionNode, parameters: frozenset[str], values: Mapping[str, ast.expr]) -> Iterator[_Special]:
    inside: set[int] = set()
    for statement in function.body:
        for node in ast.walk(statement):
            match node:
                case ast.If(test=test, body=[ast.If(test=inner, body=body)]) if _answers(body):
                    both = ast.BoolOp(op=ast.And(), values=[test, inner])
                    head = ast.If(test=both, body=body, orelse=[])
                    yield from _special(head, node.lineno, _pinned(plain(both, values), parameters))
                    inside |= {id(each) for each in node.body}
                case ast.If(test=test, body=body) if _answers(body) and id(node) not in inside:
                    head = ast.If(test=test, body=body, orelse=[])
                    yield from _special(head, node.lineno, _pinned(plain(test, values), parameters))
                case ast.IfExp(test=test, body=value) if _is_constant(value):
                    yield from _special(node, node.lineno, _pinned(plain(test, values), parameters))
                case ast.Match(subject=subject, cases=cases):
                    for case in cases:
                        if _answers(case.body):
                            test = ast.Compare(left=subject, ops=[ast.Eq()], comparators=[_pattern(case.pattern)])
                            yield from _special(case, case.body[0].lineno, _pinned(test, parameters))
                case (
                    ast.Subscript(value=table, slice=key)
                    | ast.Call(func=ast.Attribute(attr="get", value=table), args=[key, *_])
                ) if isinstance(plain(table, values), ast.Dict):
                    written = plain(table, values)
                    for each in written.keys if isinstance(written, ast.Dict) else ():
                        test = ast.Compare(left=key, ops=[ast.Eq()], comparators=[each or key])
                        yield from _special(node, node.lineno, _pinned(test, parameters))


def _special(node: ast.AST, line: int, pinned: Mapping[str, frozenset[str]]) -> Iterator[_Special]:
    if pinned:
        yield _Special(node=node, line=line, pinned=pinned)


def _answers(body: "list[ast.stmt]") -> bool:
    """Whether the statements end with the return of a constant."""
    last = body[-1]
    return isinstance(last, ast.Return) and last.value is not None and _is_constant(last.value)


def _is_constant(value: ast.expr) -> bool:
    """Whether an expression needs nothing but constants, or is the name of one."""
    computed = (ast.Name, ast.Call, ast.Attribute, ast.JoinedStr, ast.Await, ast.Yield)
    named = isinstance(value, ast.Name) and value.id.isupper()
    return named or not any(isinstance(each, computed) for each in ast.walk(value))


def _pattern(pattern: ast.pattern) -> ast.expr:
    match pattern:
        case ast.MatchValue(value=value):
            return value
        case ast.MatchSequence(patterns=patterns):
            return ast.Tuple(elts=[_pattern(each) for each in patterns], ctx=ast.Load())
        case _:
            return ast.Name(id="_", ctx=ast.Load())


def _pinned(test: ast.expr, parameters: frozenset[str]) -> dict[str, frozenset[str]]:
    """The parameters that ``test`` compares with constants, with the constants; empty where it asks anything else."""
    match test:
        case ast.BoolOp(op=ast.And(), values=parts):
            found: dict[str, frozenset[str]] = {}
            for part in parts:
                one = _pinned(part, parameters)
                if not one:
                    return {}
                found |= one
            return found
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq() | ast.Is() | ast.In()], comparators=[value]) if (
            name in parameters and is_literal(value)
        ):
            return {name: _constants(value)}
        case ast.Compare(
            left=ast.Tuple(elts=names) | ast.List(elts=names),
            ops=[ast.Eq()],
            comparators=[ast.Tuple(elts=given) | ast.List(elts=given)],
        ) if len(names) == len(given):
            pairs = [(each.id, value) for each, value in zip(names, given, strict=True) if isinstance(each, ast.Name)]
            whole = len(pairs) == len(names) and all(name in parameters and is_literal(value) for name, value in pairs)
            return {name: _constants(value) for name, value in pairs} if whole else {}
        case _:
            return {}


def _constants(node: ast.expr) -> frozenset[str]:
    if isinstance(node, ast.UnaryOp):
        return frozenset({text_of(node)})
    return frozenset(repr(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant))
