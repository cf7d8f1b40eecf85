"""Modules of the tree that stand for others of their name, outside of the tree or in it. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from autopack_recorder.deviations import Deviation
from autopack_recorder.places import attribute, file_of
from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autopack_recorder.places import Places

_find, _list = PathFinder.find_spec, os.listdir
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


def several_sources(places: Places, entries: Iterable[str]) -> Iterator[Deviation]:
    """The modules that more than one file of the tree could be, by the folders that were on ``sys.path`` at some time,
    each with a file that it did not come from. Where none of them was loaded, the module came from nowhere.
    """
    folders = _Folders(entry for entry in entries if entry and places.of(os.path.join(entry, "_")) is not None)
    for name, module in list(sys.modules.items()):
        # pytest loads each conftest.py by its path.
        if type(name) is not str or name in ("__main__", "__mp_main__", "conftest"):
            continue
        others = list(folders.sources(name.split(".")))
        if not others:
            continue
        own = {places.of(each) for each in _files(module)}
        if own == set() and not _is_made_up(module, others):
            continue
        if None in own:
            continue  # of a distribution, which stands before the tree
        compiled = {os.path.dirname(each) for each in own if each and not each.endswith(".py")}
        for other in others:
            inside = places.of(other)
            if inside is not None and inside not in own and os.path.dirname(inside) not in compiled:
                path = next((each for each in sorted(filter(None, own))), "")
                yield Deviation("several_sources", as_text(f"{inside}::{name}"), as_text(path))


class _Folders:
    """Where the import system looks in the tree, each folder listed once."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._entries = tuple(dict.fromkeys(map(os.path.realpath, entries)))
        self._names: dict[str, frozenset[str]] = {}

    def sources(self, parts: list[str]) -> Iterator[str]:
        """The files from which a module of that name could come, and the folders of code that could be it."""
        for entry in self._entries:
            folder = entry
            for part in parts[:-1]:
                if part not in self._of(folder):
                    break
                folder = os.path.join(folder, part)
            else:
                names, last = self._of(folder), parts[-1]
                if f"{last}.py" in names:
                    yield os.path.join(folder, f"{last}.py")
                if last in names:
                    inner = os.path.join(folder, last)
                    within = self._of(inner)
                    if "__init__.py" in within:
                        yield os.path.join(inner, "__init__.py")
                    elif any(each.endswith(".py") for each in within):
                        yield inner

    def _of(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(_list(folder))
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]


def _is_made_up(module: object, others: list[str]) -> bool:
    """Whether an object without a file is what no import of ``others`` made: neither a namespace of these folders, nor
    an object that the file itself put there.
    """
    if not isinstance(module, types.ModuleType):
        # None forbids an import, and has no code either.
        return not any(os.path.realpath(file_of(each)) in others for each in vars(type(module)).values())
    path = attribute(module, "__path__")
    found = {os.path.realpath(each) for each in path} if isinstance(path, Iterable) else set()
    return found.isdisjoint(others)
