"""The names of a function's own: bound in it and seen nowhere else, so that it does not matter what they are."""

import ast
import copy
from collections.abc import Iterator

from autopack_executor.syntax.forms import names_bound

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_SEEING = frozenset(
    {"locals", "vars", "dir", "eval", "exec", "globals", "compile", "_getframe", "currentframe", "stack"}
)
"""What may look at the names of a function while it runs."""
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def numbered(function: FunctionNode) -> FunctionNode:
    """The function with a number in the place of each name of its own, in the order in which they come first.

    Parameters keep their names, for these may be fixtures. So do the names of functions and classes inside of it, what
    it imports, and what an inner scope gives another meaning. A function that may look at its own names is left alone.
    """
    if any(map(_sees, ast.walk(function))):
        return function
    bound = {name for statement in function.body for name in _bound(statement)}
    own = bound - {name for node in ast.walk(function) for name in _kept(node)}
    if not own:
        return function
    made = copy.deepcopy(function)
    _Numbering(own).visit(made)
    return made


def _sees(node: ast.AST) -> bool:
    match node:
        case ast.Global() | ast.Nonlocal():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _SEEING
        case _:
            return False


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds in the scope that it stands in."""
    if not isinstance(node, (ast.Import, ast.ImportFrom, ast.arguments)):
        yield from names_bound(node)
    if isinstance(node, _SCOPES):
        return
    if isinstance(node, _COMPREHENSIONS):
        for each in ast.walk(node):
            if isinstance(each, ast.NamedExpr):
                yield from names_bound(each.target)
        return
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _kept(node: ast.AST) -> Iterator[str]:
    """The names that ``node`` gives a meaning which its name belongs to, or that only holds within it."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.ClassDef(name=name):
            yield name
            for each in ast.walk(node):
                yield from names_bound(each)
        case ast.arg() | ast.alias():
            yield from names_bound(node)
        case _:
            pass


class _Numbering(ast.NodeTransformer):
    def __init__(self, own: set[str]) -> None:
        self._own = own
        self._numbers: dict[str, str] = {}

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, str(len(self._numbers))) if name in self._own else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._number(node.id)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = None if node.name is None else self._number(node.name)
        return self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        node.name = None if node.name is None else self._number(node.name)
        return self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        node.name = None if node.name is None else self._number(node.name)
        return node

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        node.rest = None if node.rest is None else self._number(node.rest)
        return self.generic_visit(node)
