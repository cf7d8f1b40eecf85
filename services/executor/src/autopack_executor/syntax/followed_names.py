"""Whether a test that replaces something only names it anew, as a change of the product calls it."""

import ast
from collections.abc import Iterator

from autopack_executor.syntax.found import dotted, last_name
from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.names import Kind

_BY_PLACE = frozenset({"patch", "object", "setattr", "delattr"})


def only_renames(before: ast.expr, after: ast.expr, moves: ProductMoves) -> bool:
    """Whether two expressions of one form differ only in the names of what they replace, and these moved."""
    places = {id(old): (new, module) for (old, module), (new, _) in zip(_places(before), _places(after), strict=False)}
    for old, new in zip(_constants(before), _constants(after), strict=False):
        if repr(old.value) == repr(new.value):
            continue
        replaced, module = places.get(id(old), (None, ""))
        if replaced is not new or not _follows(str(old.value), str(new.value), module, moves):
            return False
    return True


def _follows(before: str, after: str, module: str, moves: ProductMoves) -> bool:
    if "." in before:
        return moves.prove([(Kind.PLACE, before, after)])
    attribute = (Kind.ATTRIBUTE, before, after)
    return moves.prove([attribute]) or moves.prove([(Kind.PLACE, f"{module}.{before}", f"{module}.{after}")])


def _places(node: ast.expr) -> Iterator[tuple[ast.Constant, str]]:
    """The texts that name what a call replaces: the place, or the attribute with the name of its object."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and last_name(call) in _BY_PLACE:
            named = call.args[:1] if last_name(call) == "patch" else call.args[:2]
            texts = [each for each in named if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield from ((each, dotted(named[0])) for each in texts[:1])


def _constants(node: ast.expr) -> Iterator[ast.Constant]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Constant))
