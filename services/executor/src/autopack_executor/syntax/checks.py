"""The checks of a test function: what each asserts, and under which conditions it is reached."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from autopack_executor.syntax.assertions import as_assertion
from autopack_executor.syntax.found import dotted, last_name, text_of
from autopack_executor.syntax.modules import Function, first_parameter
from autopack_executor.syntax.plain import plain, skeleton, texts_within
from autopack_executor.syntax.vacuity import is_vacuous

_EQUALS = frozenset(f"assert{kind}Equal" for kind in ("List", "Dict", "Tuple", "Set", "Sequence", "MultiLine", "JSON"))
_EXPECTING = frozenset({"raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex"})
_LEAVING = frozenset({"pytest.skip", "pytest.xfail", "pytest.exit", "pytest.fail", "sys.exit", "os._exit", "exit"})
_EVERYTHING = frozenset({"Exception", "BaseException", "AssertionError"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What must hold for a statement to run. ``under`` are the texts of conditions, ``dead`` says that it never runs,
    ``inner`` names the functions inside of the test that it stands in.
    """

    under: tuple[str, ...] = ()
    dead: bool = False
    inner: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check. ``test`` is what is asserted, in plain form; None where only the call of ``node`` is known to check.
    ``expects`` says that it expects an exception, which is then ``bound`` to a name.
    """

    node: ast.AST
    test: ast.expr
    conditions: Conditions
    expects: bool = False
    opaque: bool = False
    bound: str = ""

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return int(getattr(self.node, "lineno", 1))

    @cached_property
    def key(self) -> str:
        """Equal for checks that say the same."""
        return text_of(self.test)

    @cached_property
    def form(self) -> str:
        """Equal for checks that differ in constants only."""
        return skeleton(self.test)

    @cached_property
    def vacuous(self) -> bool:
        """Whether it can never fail."""
        return is_vacuous(self.test)

    @cached_property
    def within(self) -> frozenset[str]:
        """The texts of the expressions in it."""
        return texts_within(self.test)

    @cached_property
    def calls(self) -> frozenset[str]:
        """The last names of what it calls."""
        return frozenset(last_name(each) for each in ast.walk(self.test) if isinstance(each, ast.Call))


@dataclass(frozen=True, slots=True, kw_only=True)
class Swallower:
    """Statements whose failures are caught, by what."""

    node: ast.stmt
    body: "list[ast.stmt]"
    text: str


@dataclass(slots=True, kw_only=True)
class Body:
    """What a function does. ``others`` are the statements that check nothing, in plain form."""

    checks: list[Check] = field(default_factory=list)
    swallowers: list[Swallower] = field(default_factory=list)
    others: "list[tuple[ast.stmt, ast.expr]]" = field(default_factory=list)
    loops: "list[tuple[ast.For, ast.expr]]" = field(default_factory=list)


def body_of(
    function: "ast.FunctionDef | ast.AsyncFunctionDef",
    values: Mapping[str, ast.expr],
    checking: frozenset[str],
    *,
    method: bool,
) -> Body:
    """What a function does, with the values of its names. ``checking`` are functions beside it that check something."""
    reader = _Reader(values, checking, first_parameter(function) if method else "")
    reader.read(function.body, Conditions())
    return reader.found


def leaves(statements: "list[ast.stmt]") -> bool:
    """Whether running the statements always leaves the function or the loop around them."""
    return any(map(_leaves, statements))


def _leaves(node: ast.stmt) -> bool:
    match node:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Call() as call):
            return dotted(call) in _LEAVING or last_name(call) == "skipTest"
        case ast.If(test=test, body=body, orelse=others):
            if isinstance(test, ast.Constant):
                return leaves(body if test.value else others)
            return leaves(body) and leaves(others)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return leaves(body) and not any(_catches(item.context_expr) for item in node.items)
        case ast.Try(body=body, handlers=handlers, finalbody=last):
            return leaves(last) or (leaves(body) and all(leaves(each.body) for each in handlers))
        case _:
            return False


def _catches(node: ast.expr) -> bool:
    return last_name(node) in {"suppress", *_EXPECTING}


class _Reader:
    def __init__(self, values: Mapping[str, ast.expr], checking: frozenset[str], self_name: str) -> None:
        self.found = Body()
        self._values = values
        self._checking = checking
        self._self = self_name

    def read(self, statements: "list[ast.stmt]", conditions: Conditions) -> None:
        for node in statements:
            self._statement(node, conditions)
            if _leaves(node):
                conditions = replace(conditions, dead=True)
            elif isinstance(node, ast.If) and not node.orelse and leaves(node.body):
                conditions = _under(conditions, ast.UnaryOp(op=ast.Not(), operand=node.test))

    def _statement(self, node: ast.stmt, conditions: Conditions) -> None:
        match node:
            case ast.Assert(test=test):
                self._add(node, test, conditions)
            case ast.Expr(value=ast.Await(value=ast.Call() as call)) | ast.Expr(value=ast.Call() as call):
                self._call(node, call, conditions)
            case ast.If(test=test, body=body, orelse=others):
                constant = test.value if isinstance(test, ast.Constant) else None
                never, always = isinstance(test, ast.Constant) and not constant, bool(constant)
                self.read(body, replace(conditions, dead=True) if never else self._under(conditions, test, always))
                otherwise = ast.UnaryOp(op=ast.Not(), operand=test)
                self.read(
                    others, replace(conditions, dead=True) if always else self._under(conditions, otherwise, never)
                )
            case ast.For(iter=iterated, body=body) | ast.AsyncFor(iter=iterated, body=body):
                written = plain(iterated, self._values)
                if isinstance(node, ast.For):
                    self.found.loops.append((node, written))
                empty = isinstance(written, (ast.List, ast.Tuple)) and not written.elts
                self.read(body, replace(conditions, dead=True) if empty else conditions)
                self.read(node.orelse, conditions)
            case ast.While(test=test, body=body):
                never = isinstance(test, ast.Constant) and not test.value
                self.read(body, replace(conditions, dead=True) if never else conditions)
            case ast.With() | ast.AsyncWith():
                self._with(node, conditions)
            case ast.Try(body=body):
                self._try(node, body, conditions)
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                self.read(body, replace(conditions, inner=(*conditions.inner, node.name)))
            case ast.Assign(value=value) | ast.AugAssign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                self.found.others.append((node, plain(value, self._values)))
            case _:
                pass

    def _under(self, conditions: Conditions, test: ast.expr, certain: bool) -> Conditions:
        return conditions if certain else _under(conditions, plain(test, self._values))

    def _add(
        self, node: ast.AST, test: ast.expr, conditions: Conditions, *, expects: bool = False, bound: str = ""
    ) -> None:
        written = plain(test, self._values)
        self.found.checks.append(Check(node=node, test=written, conditions=conditions, expects=expects, bound=bound))

    def _call(self, node: ast.Expr, call: ast.Call, conditions: Conditions) -> None:
        name = last_name(call)
        converted = as_assertion(call, self._self) if self._self else None
        if converted is None and self._self and name in _EQUALS and len(call.args) >= 2:
            converted = ast.Assert(
                test=ast.Compare(left=call.args[0], ops=[ast.Eq()], comparators=[call.args[1]]), msg=None
            )
        if converted is not None:
            self._add(node, converted.test, conditions)
        elif name in _EXPECTING and isinstance(call.func, (ast.Attribute, ast.Name)):
            self._add(node, call, conditions, expects=True)
        elif name.lower().startswith(("assert", "_assert")):
            self._add(node, call, conditions)
        elif name in self._checking or name.lower().lstrip("_").startswith(("check", "verify", "expect")):
            written = plain(call, self._values)
            self.found.checks.append(Check(node=node, test=written, conditions=conditions, opaque=True))
        else:
            self.found.others.append((node, plain(call, self._values)))

    def _with(self, node: "ast.With | ast.AsyncWith", conditions: Conditions) -> None:
        body = node.body
        for item in node.items:
            call = item.context_expr
            if not isinstance(call, ast.Call):
                continue
            name = last_name(call)
            if name in _EXPECTING:
                bound = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
                self._add(call, call, conditions, expects=True, bound=bound)
            if name == "suppress" or name in _EXPECTING:
                caught = {last_name(each) for argument in call.args for each in _members(argument)}
                if caught & _EVERYTHING:
                    self.found.swallowers.append(Swallower(node=node, body=body, text=text_of(call)))
        self.read(body, conditions)

    def _try(self, node: ast.Try, body: "list[ast.stmt]", conditions: Conditions) -> None:
        for handler in node.handlers:
            types = {"BaseException"} if handler.type is None else {last_name(each) for each in _members(handler.type)}
            if types & _EVERYTHING and not _fails(handler.body):
                text = "except:" if handler.type is None else f"except {text_of(handler.type)}:"
                self.found.swallowers.append(Swallower(node=node, body=body, text=text))
        if leaves(node.finalbody) and body:
            self.found.swallowers.append(Swallower(node=node, body=body, text="finally: return"))
        self.read(body, conditions)
        for part in ([node.orelse, node.finalbody], [each.body for each in node.handlers]):
            for statements in part:
                self.read(statements, conditions)


def _under(conditions: Conditions, test: ast.expr) -> Conditions:
    return replace(conditions, under=(*conditions.under, text_of(plain(test, {}))))


def _members(node: ast.expr) -> Iterator[ast.expr]:
    yield from node.elts if isinstance(node, ast.Tuple) else (node,)


def _fails(statements: "list[ast.stmt]") -> bool:
    """Whether the statements of a handler may fail the test: they raise, assert, or call what fails."""
    return any(
        isinstance(node, (ast.Raise, ast.Assert))
        or (isinstance(node, ast.Call) and last_name(node).lower().startswith(("fail", "assert")))
        for statement in statements
        for node in ast.walk(statement)
    )


def checking_functions(tree: ast.AST) -> frozenset[str]:
    """The names of the functions of a module that check something themselves."""
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, Function)
        for each in ast.walk(node)
        if isinstance(each, ast.Assert) or (isinstance(each, ast.Call) and last_name(each).lower().startswith("assert"))
    )
