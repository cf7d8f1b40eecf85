"""Whether what was imported and run came from the tree, and from the files that its names stand for.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from autopack_recorder.deviations import MAX_DEVIATIONS, MAX_SUBJECT, Deviation
from autopack_recorder.frameworks import Frameworks
from autopack_recorder.places import Places, attribute, is_installed
from autopack_recorder.plugins import Plugins
from autopack_recorder.provenance import Provenance
from autopack_recorder.shadowing import several_sources, shadowing
from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pytest

    from autopack_recorder.fields import BindingFields
    from autopack_recorder.names import Names

# Modules from elsewhere that are named.
_MAX_FOREIGN = 20

UNKNOWN: BindingFields = {"state": "unknown", "foreign": [], "plugins": [], "deviations": [], "test_code": []}

# Noted when the recorder is imported: before any code of the tree, where it was started by ``start_pytest.py``.
_FRAMEWORKS = Frameworks()


class Binding:
    """Tells whether this process tests the tree as it stands there.

    ``modules`` is a JSON file: the project's module names, each with a list of its file's path in the tree and the
    path of an installed copy of it, where the executor found one that is the same.
    """

    def __init__(self, config: pytest.Config, names: Names, tree: str | None, modules: str | None) -> None:
        self._tree = tree
        self._places = Places(tree)
        self._provenance = Provenance(self._places, names)
        self._plugins = Plugins(config, self._places)
        self._altered: set[Deviation] = set()
        self._entries = set(sys.path)
        self._modules: dict[str, object] | None = None
        if tree is None or modules is None:
            return
        try:
            with open(modules, encoding="utf-8") as file:
                content: object = json.load(file)
        except (OSError, ValueError):
            return  # nothing can be said then: unknown
        self._modules = content if isinstance(content, dict) else None

    def registered(self, plugin: object) -> None:
        """Note a plugin of pytest."""
        self._plugins.registered(plugin)

    def collected(self, items: Sequence[pytest.Item]) -> None:
        """Look at what is going to run, and at what the modules of tests did when they were imported."""
        self._provenance.collected(items)
        self._entries.update(sys.path)
        self._look()

    def before(self, item: pytest.Item) -> None:
        """Look at an item that is about to run."""
        self._provenance.before(item)

    def find(self) -> BindingFields:
        """What is known by now."""
        if self._tree is None or self._modules is None:
            return UNKNOWN
        foreign = sorted(self._foreign(self._modules))
        self._look()
        found = {*self._altered, *self._provenance.found, *self._plugins.installed()}
        found.update(self._provenance.replaced(self._modules))
        found.update(shadowing(self._places, self._modules))
        found.update(several_sources(self._places, sorted(self._entries.union(sys.path))))
        return {
            "state": "foreign" if foreign else "bound",
            "foreign": foreign[:_MAX_FOREIGN],
            "plugins": self._plugins.files()[:MAX_DEVIATIONS],
            "deviations": _kept(found),
            "test_code": sorted(self._provenance.test_code)[:MAX_DEVIATIONS],
        }

    def _look(self) -> None:
        self._altered.update(_FRAMEWORKS.replaced(self._places))
        self._altered.update(_FRAMEWORKS.hooks(self._places))

    def _foreign(self, modules: dict[str, object]) -> Iterator[str]:
        """The project's modules that came from elsewhere."""
        tree = os.path.join(os.path.realpath(self._tree or ""), "")
        library = os.path.join(os.path.dirname(os.path.realpath(os.__file__)), "")
        for name in set(modules).intersection(sys.modules):
            origin = _origin(sys.modules[name]) or _origin_of_replaced(name)
            if origin is None:
                continue
            path = os.path.realpath(origin)
            known = modules[name]
            places = known if isinstance(known, list) else []
            if path.startswith(tree):
                inside = path[len(tree) :]
                own = not is_installed(inside) or inside in places
            else:
                own = path in places or (path.startswith(library) and not is_installed(path[len(library) :]))
            if not own:
                yield as_text(f"{name}={path}")


def merge(findings: Iterable[BindingFields]) -> BindingFields:
    """The finding of several processes together: foreign when one is, else unknown when one is."""
    found = list(findings)
    states = {finding["state"] for finding in found}
    state = next((name for name in ("foreign", "unknown") if name in states), "bound")
    foreign = sorted({each for finding in found for each in finding["foreign"]})[:_MAX_FOREIGN]
    plugins = sorted({each for finding in found for each in finding["plugins"]})[:MAX_DEVIATIONS]
    deviations = {Deviation(*each) for finding in found for each in finding["deviations"]}
    test_code = sorted({each for finding in found for each in finding["test_code"]})[:MAX_DEVIATIONS]
    return {
        "state": state,
        "foreign": foreign,
        "plugins": plugins,
        "deviations": _kept(deviations),
        "test_code": test_code,
    }


def _kept(found: Iterable[Deviation]) -> list[list[str]]:
    """The deviations as they are written, in their order."""
    cut = {(each.kind, each.subject[:MAX_SUBJECT], each.path[:MAX_SUBJECT]) for each in found}
    return [list(each) for each in sorted(cut)[:MAX_DEVIATIONS]]


def _origin(module: object) -> str | None:
    """The file of a module."""
    value = attribute(module, "__file__")
    return value if isinstance(value, str) else None


def _origin_of_replaced(name: str) -> str | None:
    """The file of a module in whose place stands another object: where an import would find it now."""
    module: object = sys.modules[name]
    if module is None or attribute(module, "__path__") is not None:
        return None  # an import that is forbidden; a namespace package, which has no file
    parent = name.rpartition(".")[0]
    path = attribute(sys.modules.get(parent), "__path__") if parent else None
    if parent and path is None:
        return None
    for finder in list(sys.meta_path):
        find_spec = getattr(finder, "find_spec", None)
        spec = None if find_spec is None else find_spec(name, path, None)
        if spec is not None:
            return spec.origin if spec.has_location else None
    return None
