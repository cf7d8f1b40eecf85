"""What import statements bind and load, and which of two versions bind and load the same (decision 32).

What a module of tests imports may be a fixture or a hook, or do something, though nothing mentions it: so imports are
compared where they stand, and not only where their names are used.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autopack_executor.syntax.scopes import Scope

IMPORT = (ast.Import, ast.ImportFrom)
STAR = "*"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A name that an import binds, the place that it stands for, and the module that is loaded for it."""

    local: str
    place: str
    loads: str


def entries(nodes: Iterable[ast.stmt], scope: Scope) -> list[Entry]:
    """What these imports bind, in the order of their names; those of a module by the name that all modules know."""
    found: set[Entry] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            for each in node.names:
                place = scope.known(each.name)
                found.add(Entry(each.asname or each.name.partition(".")[0], place, place))
        elif isinstance(node, ast.ImportFrom):
            target = scope.target(node.module, node.level)
            for each in node.names:
                place = target if each.name == STAR else f"{target}.{each.name}"
                found.add(Entry(each.asname or each.name, scope.known(place), scope.in_tree(target)))
    return sorted(found)


def apart(nodes: Sequence[object]) -> tuple[list[object], list[list[ast.stmt]]]:
    """The statements that are no imports, and the imports before each of them and after the last one: imports may
    change their order among themselves, and not beside other statements.
    """
    statements: list[object] = []
    gaps: list[list[ast.stmt]] = [[]]
    for node in nodes:
        if isinstance(node, IMPORT):
            gaps[-1].append(node)
        else:
            statements.append(node)
            gaps.append([])
    return statements, gaps
