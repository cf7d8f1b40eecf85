"""What tests and collectors are called. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_OCCURRENCE = re.compile(r" \(occurrence [0-9]+\)\Z")


class Names:
    """Turns node ids, whose paths begin at pytest's rootdir, into names whose paths begin at the tree.

    git knows paths by the latter, and the rootdir moves when a configuration file appears in a folder. ``grouped`` says
    that pytest-xdist runs the tests by their groups: it writes the group behind the id, where it is no part of a name.
    """

    def __init__(self, rootdir: str, tree: str | None) -> None:
        self.grouped = False
        self._root = os.path.realpath(rootdir)
        self._tree = os.path.realpath(tree) if tree else self._root
        self._paths: dict[str, str] = {}

    def of(self, node_id: str) -> str:
        """The name of one test."""
        return self.of_collector(_without_group(node_id) if self.grouped else node_id)

    def of_collector(self, node_id: str) -> str:
        """The name of one collector."""
        node_id = as_text(node_id)
        if self._root == self._tree:
            return node_id
        path, separator, rest = node_id.partition("::")
        known = self._paths.get(path)
        if known is None:
            known = self._paths[path] = os.path.relpath(os.path.join(self._root, path), self._tree)
        return known + separator + rest

    def of_all(self, node_ids: Iterable[str]) -> list[str]:
        """Names kept apart by occurrence: the n-th of the same name gets `` (occurrence n)``.

        A first one stays as it is, unless it ends like that by itself, so that no two tests can ever get one name.
        """
        seen: dict[str, int] = {}
        names = []
        for name in map(self.of, node_ids):
            number = seen[name] = seen.get(name, 0) + 1
            plain = number == 1 and (not name.endswith(")") or _OCCURRENCE.search(name) is None)
            names.append(name if plain else f"{name} (occurrence {number})")
        return names


def _without_group(node_id: str) -> str:
    """The ``node_id`` without ``@group``. An ``@`` of the path, or of a parameter, stays."""
    path, separator, rest = node_id.partition("::")
    name, bracket, parameters = rest.partition("[")
    if "@" in name:
        return path + separator + name.partition("@")[0]
    end = parameters.rfind("]@")
    # Parameters end with a bracket: behind the last one, only a group can follow.
    grouped = end >= 0 and not parameters.endswith("]")
    return path + separator + name + bracket + (parameters[: end + 1] if grouped else parameters)
