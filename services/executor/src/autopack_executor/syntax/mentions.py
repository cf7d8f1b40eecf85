"""The names that a statement mentions."""

import ast
from collections.abc import Iterator

from autopack_executor.syntax.names import Kind
from autopack_executor.syntax.scopes import Scope

Mention = tuple[Kind, str]


def mentions(node: ast.stmt, scope: Scope) -> Iterator[Mention]:
    """The names that a statement mentions, and of a class its head."""
    parts = [*node.bases, *node.keywords, *node.decorator_list] if isinstance(node, ast.ClassDef) else [node]
    for each in (inner for part in parts for inner in ast.walk(part)):
        match each:
            case ast.keyword(arg=str(name)):
                yield Kind.KEYWORD, name
            case ast.Name() | ast.Attribute():
                if isinstance(each, ast.Attribute):
                    yield Kind.ATTRIBUTE, each.attr
                place = scope.place(each) or ""
                while place:
                    yield Kind.PLACE, place
                    place = place.rpartition(".")[0]
            case _:
                pass
