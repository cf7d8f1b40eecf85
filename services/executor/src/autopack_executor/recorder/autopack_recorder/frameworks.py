"""What pytest, unittest, the import system and the recorder consist of, and what was put in its place.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import builtins
import sys
import types
from typing import TYPE_CHECKING

from autopack_recorder.deviations import Deviation
from autopack_recorder.places import code_of, file_of
from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autopack_recorder.places import Places

_MODULES = (
    *("_pytest.assertion", "_pytest.assertion.rewrite", "_pytest.assertion.util", "_pytest.compat", "_pytest.config"),
    *("_pytest.doctest", "_pytest.fixtures", "_pytest.main", "_pytest.mark", "_pytest.mark.structures"),
    *("_pytest.nodes", "_pytest.outcomes", "_pytest.pathlib", "_pytest.python", "_pytest.python_api"),
    *("_pytest.raises", "_pytest.recwarn", "_pytest.reports", "_pytest.runner", "_pytest.skipping", "_pytest.subtests"),
    *("_pytest.unittest", "pluggy._callers", "pluggy._hooks", "pluggy._manager", "pluggy._result", "builtins"),
    *("importlib", "importlib._bootstrap", "importlib._bootstrap_external", "importlib.machinery", "unittest.case"),
    *("unittest.async_case", "unittest.mock", "unittest.suite", "unittest.loader"),
)
_OWN = "autopack_recorder"
_CALLED = (types.FunctionType, types.BuiltinFunctionType, type, classmethod, staticmethod, property)
_MISSING = object()

_finders = sys.meta_path
_hooks = sys.path_hooks
_loaded = sys.modules


class Frameworks:
    """Notes everything that can be called in those modules that are imported by now. Later ones are looked at too, for
    code that lies in the tree.
    """

    def __init__(self) -> None:
        self._own: dict[str, dict[tuple[object, str], object]] = {
            name: dict(_parts(module)) for name, module in self._modules()
        }
        self._meta_path = list(_finders)
        self._path_hooks = list(_hooks)

    def replaced(self, places: Places) -> Iterator[Deviation]:
        """What something else stands in the place of, unless that is a distribution's."""
        for name, module in self._modules():
            noted = self._own.get(name)
            for (owner, attribute), value in _parts(module) if noted is None else noted.items():
                now = value if noted is None else _get(owner, attribute)
                if noted is not None and now is value:
                    continue
                where = "" if now is _MISSING else places.blamed(file_of(now))
                if where is not None and (noted is not None or (where and code_of(now) is not None)):
                    yield Deviation("replaced_framework", _called(name, owner, attribute), as_text(where))

    def hooks(self, places: Places) -> Iterator[Deviation]:
        """Hooks in the import system that are there since, unless a distribution brought them."""
        for noted, now in ((self._meta_path, sys.meta_path), (self._path_hooks, sys.path_hooks)):
            for hook in list(now):
                if any(hook is each for each in noted):
                    continue
                where = places.blamed(file_of(hook))
                if where is not None:
                    kind = hook if isinstance(hook, (type, types.FunctionType)) else type(hook)
                    yield Deviation("import_hook", as_text(f"{kind.__module__}.{kind.__qualname__}"), as_text(where))

    def _modules(self) -> Iterator[tuple[str, object]]:
        own = (name for name in list(_loaded) if name == _OWN or name.startswith(f"{_OWN}."))
        for name in (*_MODULES, *own):
            module = builtins if name == "builtins" else _loaded.get(name)
            if isinstance(module, types.ModuleType):
                yield name, module


def _parts(module: object) -> Iterator[tuple[tuple[object, str], object]]:
    """What can be called in a module and in its own classes: owner and name, and the thing."""
    name = getattr(module, "__name__", "")
    for attribute, value in list(vars(module).items()):
        if not isinstance(value, _CALLED):
            continue
        yield (module, attribute), value
        if isinstance(value, type) and value.__module__ == name and name != "builtins":
            for inner, what in list(vars(value).items()):
                if isinstance(what, _CALLED):
                    yield (value, inner), what


def _get(owner: object, attribute: str) -> object:
    return vars(owner).get(attribute, _MISSING)


def _called(module: str, owner: object, attribute: str) -> str:
    return as_text(f"{module}.{owner.__qualname__}.{attribute}" if isinstance(owner, type) else f"{module}.{attribute}")
