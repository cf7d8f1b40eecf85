"""The names of a function's own: bound in it and seen nowhere else, so that it does not matter what they are."""

import ast
import copy
from collections.abc import Callable, Iterator

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
    own, _ = own_names(function)
    if not own:
        return function
    numbers: dict[str, str] = {}
    made = copy.deepcopy(function)
    _Renaming(lambda name: numbers.setdefault(name, str(len(numbers))) if name in own else name).visit(made)
    return made


def own_names(function: FunctionNode) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a function binds and that may be called otherwise, and the others that it binds. A function that
    may look at its own names has none of the first.
    """
    imported = {name for node in ast.walk(function) if isinstance(node, ast.alias) for name in names_bound(node)}
    bound = {name for statement in function.body for name in _bound(statement)}
    inner = (node for top in (function.args, *function.body) for node in ast.walk(top))
    kept = {name for node in inner for name in _kept(node)}
    own = set() if looks_at_names(function) else bound - kept
    return frozenset(own), frozenset({*bound, *imported} - own)


def looks_at_names(function: FunctionNode) -> bool:
    """Whether a function may look at its own names, or binds names of another scope."""
    nodes = list(ast.walk(function))
    elsewhere = {each.func for each in nodes if isinstance(each, ast.Call) and _looks_at_argument(each)}
    return any(_sees(each) for each in nodes if each not in elsewhere)


def _looks_at_argument(call: ast.Call) -> bool:
    """Whether a call looks at the names of the object that it is given, and not at those around it."""
    match call:
        case ast.Call(func=ast.Name(id="vars" | "dir"), args=[given], keywords=[]):
            return not isinstance(given, ast.Starred)
        case _:
            return False


def bound_within(function: FunctionNode) -> frozenset[str]:
    """The names that inner scopes of a function bind for themselves."""
    scopes = (*_SCOPES, *_COMPREHENSIONS)
    inner = (each for each in ast.walk(function) if each is not function and isinstance(each, scopes))
    return frozenset(
        name for scope in inner for each in ast.walk(scope) if each is not scope for name in names_bound(each)
    )


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


def renamed(node: ast.stmt, name_of: Callable[[str], str]) -> ast.stmt:
    """A copy of a statement with other names for the variables in it, as ``name_of`` says."""
    made: ast.stmt = _Renaming(name_of).visit(copy.deepcopy(node))
    return made


class _Renaming(ast.NodeTransformer):
    """Gives variables the names that a function says."""

    def __init__(self, renamed: Callable[[str], str]) -> None:
        self._renamed = renamed

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._renamed(node.id)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = None if node.name is None else self._renamed(node.name)
        return self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        node.name = None if node.name is None else self._renamed(node.name)
        return self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        node.name = None if node.name is None else self._renamed(node.name)
        return node

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        node.rest = None if node.rest is None else self._renamed(node.rest)
        return self.generic_visit(node)
