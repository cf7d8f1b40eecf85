"""From which files pytest loaded plugins. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from autopack_recorder.deviations import Deviation
from autopack_recorder.places import attribute, file_of_module
from autopack_recorder.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from autopack_recorder.places import Places


class Plugins:
    """Knows each plugin by its file from when it is registered, whatever becomes of it."""

    def __init__(self, config: pytest.Config, places: Places) -> None:
        self._manager = config.pluginmanager
        self._places = places
        self._found: dict[str, str] = {}  # file in the tree -> name of the module

    def registered(self, plugin: object) -> None:
        """Note a plugin: a module, or an object of a class."""
        name = plugin.__name__ if isinstance(plugin, types.ModuleType) else type(plugin).__module__
        found = attribute(plugin, "__file__") if isinstance(plugin, types.ModuleType) else file_of_module(name)
        inside = self._places.of(found) if isinstance(found, str) else None
        if inside is not None:
            self._found[inside] = name
        elif isinstance(found, str) and self._places.blamed(found) == "":
            self._found[as_text(found)] = name

    def files(self) -> list[str]:
        """The files of the tree, ascending, without those of packages that an installed distribution offers as plugin:
        these are what is tested.
        """
        offered = {_package(plugin) for plugin, _ in self._manager.list_plugin_distinfo()}
        return sorted(as_text(file) for file, name in self._found.items() if name.partition(".")[0] not in offered)

    def installed(self) -> Iterator[Deviation]:
        """The plugins that distributions brought."""
        for plugin, distribution in self._manager.list_plugin_distinfo():
            name = self._manager.get_name(plugin) or _package(plugin)
            yield Deviation("installed_plugin", as_text(name), as_text(getattr(distribution, "project_name", "")))


def _package(plugin: object) -> str:
    name = plugin.__name__ if isinstance(plugin, types.ModuleType) else type(plugin).__module__
    return name.partition(".")[0]
