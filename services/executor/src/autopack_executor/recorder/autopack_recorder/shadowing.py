"""Modules of the tree that stand for others of their name. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from autopack_recorder.deviations import Deviation
from autopack_recorder.places import attribute
from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from autopack_recorder.places import Places

_find = PathFinder.find_spec
_standard = frozenset(getattr(sys, "stdlib_module_names", ())) | frozenset(sys.builtin_module_names)
# Distributions install such folders by mistake, and nobody imports them from there.
_NOBODYS = frozenset({"conftest", "test", "tests"})


def shadowing(places: Places, known: Mapping[str, object]) -> Iterator[Deviation]:
    """The modules that came from a file of the tree and take the place of another. ``known`` are the project's modules,
    each with its file, and an installed copy that is the same.
    """
    outside = [entry for entry in sys.path if entry and places.of(os.path.join(entry, "_")) is None]
    for name, module in list(sys.modules.items()):
        if type(name) is not str or name in ("__main__", "__mp_main__"):
            continue
        for origin in _files(module):
            inside = places.of(origin)
            if inside is None:
                continue
            files = known.get(name)
            listed = files if isinstance(files, list) else []
            top = "." not in name and _takes(name, outside, listed)
            if top or (listed and inside not in listed and not _has_file(name.rpartition(".")[0])):
                yield Deviation("shadowing", as_text(name), as_text(inside))


def _takes(name: str, outside: list[str], listed: list[object]) -> bool:
    """Whether another module of that name could be imported from outside of the tree."""
    if name in _NOBODYS or name.startswith("test_") or name.endswith("_test"):
        return False
    if name in _standard:
        return True
    try:
        spec = _find(name, outside)
    except Exception:  # noqa: BLE001 - a hook of somebody else may raise anything
        return False
    return spec is not None and spec.has_location and os.path.realpath(spec.origin or "") not in listed


def _files(module: object) -> set[str]:
    """The file of a module, by what it says and by what it was loaded from."""
    found = (attribute(module, "__file__"), getattr(attribute(module, "__spec__"), "origin", None))
    return {each for each in found if isinstance(each, str) and os.path.isabs(each)}


def _has_file(parent: str) -> bool:
    return isinstance(attribute(sys.modules.get(parent), "__file__"), str) if parent else False
