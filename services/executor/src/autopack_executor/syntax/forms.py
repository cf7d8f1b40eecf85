"""The form of a piece of syntax: equal for two pieces exactly when they say the same, and what the piece refers to."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from autopack_executor.syntax.assertions import (
    RAISES,
    as_assertion,
    as_expected_exception,
    as_expecting,
    as_expecting_statement,
)

Form: TypeAlias = "str | tuple[Form, ...]"
Resolve: TypeAlias = Callable[[str, int], str]
"""What a module, imported with that many leading dots, stands for."""

_OF_THE_FILE = frozenset({"__file__", "__name__", "__package__", "__spec__", "__loader__", "__cached__", "__doc__"})
_OF_THE_REQUEST = frozenset({"path", "fspath", "module", "node", "cls", "function", "fixturename"})
_LEFT_OUT = frozenset({"ctx", "type_comment", "kind"})
_ASKING = frozenset({"usefixtures", "getfixturevalue"})
_CHECKING = frozenset({"raises", "warns", RAISES})
_SYMMETRIC = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The form of a piece of syntax, and what it refers to.

    ``names`` are variables, ``targets`` what it imports or uses of an import, ``members`` the attributes of ``self``
    (None when ``self`` is used as a whole) without the ``helpers``, which are functions that need no ``self``;
    ``fixtures`` are those that are asked for by their names in a text. ``placed`` says that what it does depends on the
    file that it stands in.
    """

    form: Form
    names: frozenset[str]
    targets: frozenset[str]
    members: frozenset[str] | None
    helpers: frozenset[str]
    fixtures: frozenset[str]
    checks: int
    placed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the names in a piece may stand for: ``imported`` maps names of the file to what they were imported from.

    ``self_name`` is the first parameter of a method; ``unittest`` says that its class is a plain ``unittest.TestCase``,
    and ``helpers`` are members of the class that need no ``self``.
    """

    imported: Mapping[str, str]
    resolve: Resolve
    self_name: str = ""
    unittest: bool = False
    helpers: frozenset[str] = frozenset()


def piece_of(nodes: "list[ast.AST]", around: Surroundings) -> Piece:
    """The piece that ``nodes`` make, one after the other."""
    stored = {name for top in nodes for node in ast.walk(top) for name in names_bound(node)}
    former = _Former(around, frozenset(stored))
    form: Form = tuple(former.form(node) for node in nodes)
    return Piece(
        form=form,
        names=frozenset(former.names),
        targets=frozenset(former.targets),
        members=None if former.whole else frozenset(former.members),
        helpers=frozenset(former.helpers),
        fixtures=frozenset(former.fixtures),
        checks=former.checks,
        placed=former.placed,
    )


def names_bound(node: ast.AST) -> tuple[str, ...]:
    """The names that ``node`` itself gives a value."""
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del(), id=name) | ast.arg(arg=name):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.alias(name=name, asname=alias):
            return (alias or name.partition(".")[0],)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.MatchMapping(rest=str(name)):
            return (name,)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return tuple(names)
        case _:
            return ()


def _order(form: Form) -> tuple[bool, str]:
    """What the operands of a comparison are sorted by where their order does not matter."""
    return form[0] == "Constant", repr(form)


def shape_of(form: Form) -> Form:
    """The form with a blank for each name, for each constant, and for what is imported."""
    match form:
        case ("Constant", *_) | ("target", *_):
            return "_"
        case ("name" | "self", _, *attributes):
            return ("_", *attributes)
        case tuple():
            return tuple(shape_of(each) for each in form)
        case _:
            return form


class _Former:
    def __init__(self, around: Surroundings, stored: frozenset[str]) -> None:
        self.names: set[str] = set()
        self.targets: set[str] = set()
        self.members: set[str] = set()
        self.helpers: set[str] = set()
        self.fixtures: set[str] = set()
        self.checks = 0
        self.placed = self.whole = False
        self._around = around
        self._stored = stored

    def form(self, node: ast.AST) -> Form:
        match node:
            case ast.Expr(value=ast.Call() as call):
                return self._plain(self._asserted(call) or node)
            case ast.Call():
                self._called(call := self._expected(node))
                return self._plain(call)
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if isinstance(operator, _SYMMETRIC):
                first, second = sorted((self.form(left), self.form(right)), key=_order)
                return ("Compare", ("left", first), ("ops", (type(operator).__name__,)), ("comparators", (second,)))
            case ast.Import():
                return self._import([(alias.name, 0, "", alias.asname or "") for alias in node.names])
            case ast.ImportFrom():
                module = node.module or ""
                return self._import([(module, node.level, each.name, each.asname or "") for each in node.names])
            case ast.Attribute() | ast.Name():
                return self._reference(node)
            case ast.Constant():
                return ("Constant", type(node.value).__name__, repr(node.value))
            case _:
                return self._plain(node)

    def _asserted(self, call: ast.Call) -> ast.stmt | None:
        """The statement that says the same as the call of an assertion, or of what expects an exception of a function;
        None for any other call.
        """
        name = self._around.self_name
        of_unittest = (as_assertion(call, name) or as_expecting(call, name)) if self._around.unittest else None
        if of_unittest is not None:
            return of_unittest
        found = as_expecting_statement(call, 1) if self._stands_for(call.func) == "pytest.raises" else None
        if found is None:
            return None
        expected, called = found
        item = ast.withitem(context_expr=ast.Call(func=call.func, args=expected, keywords=[]))
        return ast.With(items=[item], body=[ast.Expr(value=called)])

    def _expected(self, call: ast.Call) -> ast.Call:
        expected = as_expected_exception(call, self._around.self_name) if self._around.unittest else None
        return call if expected is None else expected

    def _plain(self, node: ast.AST) -> Form:
        self.checks += isinstance(node, ast.Assert)
        parts: list[Form] = [type(node).__name__]
        for name, value in ast.iter_fields(node):
            # A field without a value is left out, so that those which newer versions of Python add change nothing.
            if name in _LEFT_OUT or value is None or value == []:
                continue
            if isinstance(value, list):
                parts.append((name, self._list(value)))
            else:
                parts.append((name, self.form(value) if isinstance(value, ast.AST) else repr(value)))
        return tuple(parts)

    def _list(self, values: "list[ast.expr] | list[object]") -> Form:
        return tuple(self.form(value) if isinstance(value, ast.AST) else repr(value) for value in values)

    def _reference(self, node: "ast.Attribute | ast.Name") -> Form:
        """A name with its attributes: of an import what it stands for, whatever the import was called."""
        attributes: list[str] = []
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            attributes.append(root.attr)
            root = root.value
        if not isinstance(root, ast.Name):
            return self._plain(node)
        attributes.reverse()
        if root.id == self._around.self_name and root.id:
            return self._of_self(attributes)
        if root.id == "request" and _OF_THE_REQUEST.intersection(attributes):
            self.placed = True
        self.placed |= root.id in _OF_THE_FILE
        target = self._imported(root.id)
        if target is None:
            self.names.add(root.id)
            return ("name", root.id, *attributes)
        whole = ".".join((target, *attributes))
        self.targets.add(whole)
        return ("target", whole)

    def _imported(self, name: str) -> str | None:
        if name == RAISES:
            return "pytest.raises"
        return None if name in self._stored else self._around.imported.get(name)

    def _stands_for(self, node: ast.expr) -> str:
        """What an import of a dotted name stands for, empty for anything else."""
        match node:
            case ast.Name(id=name):
                return self._imported(name) or ""
            case ast.Attribute(value=value, attr=name):
                above = self._stands_for(value)
                return f"{above}.{name}" if above else ""
            case _:
                return ""

    def _of_self(self, attributes: list[str]) -> Form:
        if attributes and attributes[0] in self._around.helpers:
            self.helpers.add(attributes[0])
            return ("name", *attributes)
        if attributes:
            self.members.add(attributes[0])
        else:
            self.whole = True
        return ("self", *attributes)

    def _called(self, call: ast.Call) -> None:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        self.checks += name.startswith("assert") or name in _CHECKING
        if name in _ASKING:
            texts = (node.value for each in call.args for node in ast.walk(each) if isinstance(node, ast.Constant))
            self.fixtures |= {value for value in texts if isinstance(value, str)}

    def _import(self, modules: list[tuple[str, int, str, str]]) -> Form:
        parts: list[Form] = []
        for module, level, name, alias in modules:
            target = self._around.resolve(module, level)
            self.targets.add(f"{target}.{name}" if name else target)
            parts.append((target, name, alias))
        return ("Import", *parts)
