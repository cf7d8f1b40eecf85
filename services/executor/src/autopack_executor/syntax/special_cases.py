"""Product code that answers what a test asks with a constant."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_executor.syntax.asked_by_tests import TestCall
from autopack_executor.syntax.found import Found, last_name, shown, text_of
from autopack_executor.syntax.modules import Function
from autopack_executor.syntax.pinned import Pin, constants_in, pins_of
from autopack_executor.syntax.plain import constants_of, locals_of, plain
from autopack_executor.syntax.versions import FunctionNode
from autopack_model.finding.value import FindingRule

_COMMON = frozenset(map(repr, (0, 1, -1, 2, 10, "", " ", b"", None, True, False, 0.0, 1.0)))
_SAYS_LITTLE = frozenset(map(repr, (0, 1, -1, "", b"", None, True, False, 0.0, 1.0)))
_MOST_TESTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Special:
    """A branch that is taken for certain arguments only, or a row of a table, and answers with a constant."""

    node: ast.AST
    line: int
    pins: Mapping[str, Pin]
    answer: ast.expr
    row: str = ""

    @property
    def text(self) -> str:
        """Equal for those that say the same."""
        return f"{text_of(self.node)}{self.row}"


def special_cases(before: ast.Module | None, after: ast.Module, calls: Mapping[str, list[TestCall]]) -> Iterator[Found]:
    """New branches of the product that answer the arguments of a test with a constant."""
    values = constants_of(after.body)
    old = _Old(before)
    for function in ast.walk(after):
        if not isinstance(function, Function) or function.name not in calls:
            continue
        parameters = _parameters(function)
        needed = parameters[: len(parameters) - len(function.args.defaults)]
        for special in _specials(function, frozenset(parameters), values):
            if special.text in old.texts:
                continue
            shortens = _computes(function, values) or old.was_no_table(function.name)
            rules = [
                (rule, each)
                for each in calls[function.name]
                if (rule := _rule(special, each, needed, shortens)) is not None
            ]
            for rule, each in rules[:_MOST_TESTS]:
                yield Found(rule=rule, line=special.line, test=each.test, after=shown(special.node))


def _rule(special: _Special, call: TestCall, needed: list[str], shortens: bool) -> FindingRule | None:
    """What a special case is beside a test. It answers for the code only where it ``shortens`` what the function does,
    or did: a function of constants alone is a table.
    """
    pins = list(special.pins.values())
    direct = [each for each in pins if each.is_direct]
    if not all(_is_given(each, call) for each in pins):
        return None
    if len(direct) == len(pins) and frozenset().union(*(each.constants for each in direct)) <= _COMMON:
        return None
    whole = len(pins) >= 2 and set(needed) <= special.pins.keys()
    if shortens and (whole or _answers_for(special, pins, call)):
        return FindingRule.RESULT_HARD_CODED
    return FindingRule.SPECIAL_CASE_OF_TEST if direct and (shortens or not special.row) else None


def _is_given(pin: Pin, call: TestCall) -> bool:
    """Whether the test may give an argument that is pinned."""
    if pin.is_direct and pin.constants <= call.constants:
        return True
    return pin.is_of_hash or ((pin.is_of_container or not pin.is_direct) and pin.holds_for(call.containers))


def _answers_for(special: _Special, pins: list[Pin], call: TestCall) -> bool:
    """Whether one argument, a list or the like, is answered with what the test expects: a number or a list that nobody
    returns for its own sake, or any text where the text or hash of the argument is compared.
    """
    said = constants_in(special.answer)
    if said <= _SAYS_LITTLE or not said <= call.constants:
        return False
    if any(each.is_of_text for each in pins):
        return True
    text = isinstance(special.answer, ast.Constant) and isinstance(special.answer.value, (str, bytes))
    listed = any(each.is_of_container or (not each.is_direct and _is_length(each)) for each in pins)
    return listed and not text


def _is_length(pin: Pin) -> bool:
    return isinstance(pin.looked_at, ast.Call) and last_name(pin.looked_at) == "len"


class _Old:
    """What the module answered on base."""

    def __init__(self, before: ast.Module | None) -> None:
        self.texts: set[str] = set()
        self._tables: dict[str, bool] = {}
        values = {} if before is None else constants_of(before.body)
        for function in () if before is None else ast.walk(before):
            if isinstance(function, Function):
                found = [each.text for each in _specials(function, frozenset(_parameters(function)), values)]
                self.texts.update(found)
                self._tables[function.name] = bool(found) and not _computes(function, values)

    def was_no_table(self, name: str) -> bool:
        """Whether base had the function, and it was more than constants for certain arguments."""
        return not self._tables.get(name, True)


def _parameters(function: FunctionNode) -> list[str]:
    parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return parameters[1:] if parameters[:1] in (["self"], ["cls"]) else parameters


def _computes(function: FunctionNode, values: Mapping[str, ast.expr]) -> bool:
    """Whether a function also answers with something else than constants and rows of a written table."""
    known = {**values, **locals_of(function)}
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Return(value=ast.expr() as value):
                if not _is_written(plain(value, known)):
                    return True
            case ast.Yield() | ast.YieldFrom():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                pass
            case _:
                waiting += ast.iter_child_nodes(node)
    return False


def _is_written(value: ast.expr) -> bool:
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            return _is_written(body) and _is_written(orelse)
        case (
            ast.Subscript(value=ast.Dict() as table)
            | ast.Call(func=ast.Attribute(attr="get", value=ast.Dict() as table))
        ):
            return all(map(_is_constant, table.values))
        case _:
            return _is_constant(value)


def _specials(function: FunctionNode, parameters: frozenset[str], values: Mapping[str, ast.expr]) -> Iterator[_Special]:
    inside: set[int] = set()
    for statement in function.body:
        for node in ast.walk(statement):
            match node:
                case ast.If(test=test, body=[ast.If(test=inner, body=body)]) if answer := _answer(body):
                    both = ast.BoolOp(op=ast.And(), values=[test, inner])
                    head = ast.If(test=both, body=body, orelse=[])
                    yield from _special(head, node.lineno, both, answer, parameters, values)
                    inside |= {id(each) for each in node.body}
                case ast.If(test=test, body=body) if id(node) not in inside and (answer := _answer(body)):
                    head = ast.If(test=test, body=body, orelse=[])
                    yield from _special(head, node.lineno, test, answer, parameters, values)
                case ast.IfExp(test=test, body=value) if _is_constant(value):
                    yield from _special(node, node.lineno, test, value, parameters, values)
                case ast.Match(subject=subject, cases=cases):
                    for case in cases:
                        if answer := _answer(case.body):
                            test = ast.Compare(left=subject, ops=[ast.Eq()], comparators=[_pattern(case.pattern)])
                            yield from _special(case, case.body[0].lineno, test, answer, parameters, values)
                case (
                    ast.Subscript(value=table, slice=key)
                    | ast.Call(func=ast.Attribute(attr="get", value=table), args=[key, *_])
                ):
                    yield from _rows(node, plain(table, values), key, parameters)
                case _:
                    pass


def _special(
    node: ast.AST,
    line: int,
    test: ast.expr,
    answer: ast.expr,
    parameters: frozenset[str],
    values: Mapping[str, ast.expr],
) -> Iterator[_Special]:
    pins = pins_of(plain(test, values), parameters)
    if pins:
        yield _Special(node=node, line=line, pins=pins, answer=plain(answer, values))


def _rows(node: ast.expr, table: ast.expr, key: ast.expr, parameters: frozenset[str]) -> Iterator[_Special]:
    if not isinstance(table, ast.Dict):
        return
    for each, value in zip(table.keys, table.values, strict=True):
        if each is not None and _is_constant(value):
            pins = pins_of(ast.Compare(left=key, ops=[ast.Eq()], comparators=[each]), parameters)
            if pins:
                row = f" {text_of(each)}: {text_of(value)}"
                yield _Special(node=node, line=node.lineno, pins=pins, answer=value, row=row)


def _answer(body: "list[ast.stmt]") -> ast.expr | None:
    """The constant that the statements return at their end, if they do."""
    last = body[-1]
    return last.value if isinstance(last, ast.Return) and last.value is not None and _is_constant(last.value) else None


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
