"""Which of the collected tests are run, where only some are to be run again. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from autopack_recorder.names import Names


def read_tests(path: str) -> list[str]:
    """The names in the JSON file at ``path``. Raises OSError and ValueError."""
    with open(path, encoding="utf-8") as file:
        names: object = json.load(file)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path} is not a list of names")
    return names


def split(
    items: Sequence[pytest.Item], names: Names, wanted: Sequence[str]
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The items whose names, or the files of whose names, are ``wanted``, and the others.

    All tests of one node id stay together, since their names count their occurrences.
    """
    ids = [item.nodeid for item in items]
    names_wanted = frozenset(wanted)
    chosen = {
        node_id
        for node_id, name in zip(ids, names.of_all(ids))
        if name in names_wanted or name.partition("::")[0] in names_wanted
    }
    kept = [item for item in items if item.nodeid in chosen]
    return kept, [item for item in items if item.nodeid not in chosen]
