"""Whether the project's modules were imported from the tree. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autopack_recorder.fields import BindingFields

# Modules from elsewhere that are named.
_MAX_FOREIGN = 20

UNKNOWN: BindingFields = {"state": "unknown", "foreign": []}


class Binding:
    """Tells whether the project's modules in this process were imported from the tree.

    ``modules`` is a JSON file: the project's module names, each with a list of its file's path in the tree and the
    path of an installed copy of it, where the executor found one that is the same.
    """

    def __init__(self, tree: str | None, modules: str | None) -> None:
        self._tree = tree
        self._modules: dict[str, object] | None = None
        if tree is None or modules is None:
            return
        try:
            with open(modules, encoding="utf-8") as file:
                content: object = json.load(file)
        except (OSError, ValueError):
            return  # nothing can be said then: unknown
        self._modules = content if isinstance(content, dict) else None

    def find(self) -> BindingFields:
        """What the modules that are imported by now show."""
        if self._tree is None or self._modules is None:
            return UNKNOWN
        tree = os.path.join(os.path.realpath(self._tree), "")
        library = os.path.join(os.path.dirname(os.path.realpath(os.__file__)), "")
        foreign = []
        for name in sorted(set(self._modules).intersection(sys.modules)):
            origin = _origin(sys.modules[name]) or _origin_of_replaced(name)
            if origin is None:
                continue
            path = os.path.realpath(origin)
            known = self._modules[name]
            places = known if isinstance(known, list) else []
            if path.startswith(tree):
                inside = path[len(tree) :]
                own = not is_installed(inside) or inside in places
            else:
                own = path in places or (path.startswith(library) and not is_installed(path[len(library) :]))
            if not own:
                foreign.append(as_text(f"{name}={path}"))
        return {"state": "foreign" if foreign else "bound", "foreign": sorted(foreign)[:_MAX_FOREIGN]}


def merge(findings: Iterable[BindingFields]) -> BindingFields:
    """The finding of several processes together: foreign when one is, else unknown when one is."""
    found = list(findings)
    states = {finding["state"] for finding in found}
    state = next((name for name in ("foreign", "unknown") if name in states), "bound")
    foreign = sorted({each for finding in found for each in finding["foreign"]})[:_MAX_FOREIGN]
    return {"state": state, "foreign": foreign}


def is_installed(path: str) -> bool:
    """Whether ``path`` leads through a folder that packages are installed in."""
    parts = path.split(os.sep)
    return "site-packages" in parts or "dist-packages" in parts


def _attribute(module: object, name: str) -> object:
    """What a module has under ``name``, or None; read without waking a lazy one."""
    try:
        return object.__getattribute__(module, "__dict__").get(name)
    except AttributeError:
        return None


def _origin(module: object) -> str | None:
    """The file of a module."""
    value = _attribute(module, "__file__")
    return value if isinstance(value, str) else None


def _origin_of_replaced(name: str) -> str | None:
    """The file of a module in whose place stands another object: where an import would find it now."""
    module: object = sys.modules[name]
    if module is None or _attribute(module, "__path__") is not None:
        return None  # an import that is forbidden; a namespace package, which has no file
    parent = name.rpartition(".")[0]
    path = _attribute(sys.modules.get(parent), "__path__") if parent else None
    if parent and path is None:
        return None
    for finder in list(sys.meta_path):
        find_spec = getattr(finder, "find_spec", None)
        spec = None if find_spec is None else find_spec(name, path, None)
        if spec is not None:
            return spec.origin if spec.has_location else None
    return None
