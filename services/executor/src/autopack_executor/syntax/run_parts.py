"""The functions that are run for a test, each with its statements and with names for what these hold."""

import ast
import copy
import unittest
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from autopack_executor.syntax.forms import Surroundings, names_bound, piece_of
from autopack_executor.syntax.own_names import FunctionNode, renamed

SELF = "<self>"
"""What the object of the class is called in every function."""
FIXTURE = "<fixture "
"""How the name of what an unknown fixture holds begins."""
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LEAVING = (ast.Return, ast.Yield, ast.YieldFrom)
_HARMLESS = frozenset({"len", "str", "repr", "sorted", "set", "list", "tuple", "dict", "bool", "int", "float", "range"})
_OF_UNITTEST = frozenset(dir(unittest.TestCase()))


class NoSequenceError(Exception):
    """It is not known what is run for a test, or in which order."""


@dataclass(kw_only=True)
class Part:
    """A function that is run for a test: what it does ``before`` what asks for it is run, and ``after`` that.

    ``called`` has new names for its parameters and for its ``own`` names; the ``others`` that it binds keep theirs.
    """

    node: FunctionNode
    self_name: str
    own: frozenset[str]
    others: frozenset[str]
    called: dict[str, str]
    before: "list[ast.stmt]" = field(default_factory=list)
    after: "list[ast.stmt]" = field(default_factory=list)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it mentions or binds."""
        nodes = [node for each in self.node.body for node in ast.walk(each)]
        mentioned = {each.id for each in nodes if isinstance(each, ast.Name)}
        return frozenset(mentioned.union(*map(names_bound, nodes)))

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that it binds, in inner scopes as well."""
        return frozenset(name for each in self.node.body for node in ast.walk(each) for name in names_bound(node))

    def needs_members(self, known: frozenset[str]) -> bool:
        """Whether it uses the object of its class as a whole, or a member of these."""
        nodes = [node for each in (*self.before, *self.after) for node in ast.walk(each)]
        members = [each.attr for each in nodes if isinstance(each, ast.Attribute) and self._is_self(each.value)]
        whole = sum(map(self._is_self, nodes)) > len(members)
        return whole or any(each in known or each.startswith("__") for each in members)

    def renamed(self, statements: "list[ast.stmt]", *, members: bool, without: frozenset[str]) -> Iterator[ast.stmt]:
        """The statements with the new names, and with one for each of the ``members`` but those."""
        for each in statements:
            made = _Members(self.self_name, without).visit(copy.deepcopy(each)) if members else each
            yield renamed(made, self._name)

    def _name(self, name: str) -> str:
        return SELF if self.self_name and name == self.self_name else self.called.get(name, name)

    def _is_self(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and bool(self.self_name) and node.id == self.self_name


class _Members(ast.NodeTransformer):
    """Makes a variable of each member of a class."""

    def __init__(self, self_name: str, without: frozenset[str]) -> None:
        self._self = self_name
        self._without = without

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == self._self and attr not in self._without:
                return ast.copy_location(ast.Name(id=f"<member {attr}>", ctx=node.ctx), node)
            case _:
                return self.generic_visit(node)


def own_members(*, unittest_class: bool, helpers: frozenset[str]) -> frozenset[str]:
    """The members of a class that are none of a test: those of ``unittest``, and functions that need no object."""
    return helpers | _OF_UNITTEST if unittest_class else helpers


def is_given(name: str) -> bool:
    """Whether a name was given here to what a local, a member or a known fixture holds."""
    return name.startswith("<") and name != SELF and not name.startswith(FIXTURE)


def leaves(node: ast.AST) -> bool:
    """Whether a statement may end its function, or be where it waits."""
    if isinstance(node, _LEAVING):
        return True
    return not isinstance(node, _SCOPES) and any(map(leaves, ast.iter_child_nodes(node)))


def without_texts(body: "Iterable[ast.stmt]") -> "list[ast.stmt]":
    """The statements that do something."""
    return [each for each in body if not isinstance(each, ast.Pass) and not _is_text(each)]


def cut(node: FunctionNode) -> "tuple[list[ast.stmt], ast.expr | None, list[ast.stmt]]":
    """What a fixture does before it gives its value, the value, and what it does then. Raises NoSequenceError."""
    body = without_texts(node.body)
    before, after = body, list[ast.stmt]()
    value: ast.expr | None = None
    for position, each in enumerate(body):
        match each:
            case ast.Return() if position == len(body) - 1:
                before, value = body[:position], each.value
            case ast.Expr(value=ast.Yield() as given):
                before, value, after = body[:position], given.value, body[position + 1 :]
                break
            case _:
                pass
    if any(map(leaves, (*before, *after, *([] if value is None else [value])))):
        raise NoSequenceError
    return before, value, after


def needed(statements: "list[ast.stmt]", used_by: "list[ast.stmt]", around: Surroundings) -> "list[ast.stmt]":
    """The statements that set up and tear down for others. Where they do nothing but make and use objects of the
    repository, what has no part in those that are used is left out.
    """
    if not all(_makes(each, around) for each in statements):
        return statements
    used = _given(used_by)
    while True:
        kept = [each for each in statements if not used.isdisjoint(_given([each]))]
        more = used | _given(kept)
        if more == used:
            return kept
        used = more


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _makes(node: ast.stmt, around: Surroundings) -> bool:
    """Whether a statement does nothing but make an object of the repository for the test, or call one."""
    piece = piece_of([node], around)
    known = all(is_given(each) or each in _HARMLESS for each in piece.names)
    if not known or piece.members != frozenset() or piece.helpers or not all(":" in each for each in piece.targets):
        return False
    match node:
        case ast.Assign(targets=[ast.Name()]):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=called))):
            while isinstance(called, ast.Attribute):
                called = called.value
            return isinstance(called, ast.Name) and is_given(called.id)
        case _:
            return False


def _given(statements: "list[ast.stmt]") -> frozenset[str]:
    nodes = (node for each in statements for node in ast.walk(each))
    return frozenset(each.id for each in nodes if isinstance(each, ast.Name) and is_given(each.id))
