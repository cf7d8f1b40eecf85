"""How often a plugin may run a test again when it fails. PYTEST_DONT_REWRITE

That is known before any test fails: from the marks ``flaky`` of pytest-rerunfailures and pytest-retry, from what
box/flaky leaves on the item, and from options and settings of the configuration, by their names.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

# The attribute by which a report carries the number of reruns that its test has.
RERUNS = "autopack_reruns"

_MOST = 255  # it stands in one byte

# The top-level modules of the plugins that take a mark named flaky for a wish to be run again.
_READ_MARKS = frozenset({"pytest_rerunfailures", "pytest_retry"})
_SETTINGS = ("reruns", "retries", "rerun_class_max")
_COUNTS = re.compile(r"(?:.*_)?(?:reruns?|retr(?:y|ies))(?:_max)?")


class Reruns:
    """Knows the reruns of the items of one session. Its plugins are all there when the first item is asked for."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reads_marks: bool | None = None
        self._everywhere = 0

    def of(self, item: pytest.Item) -> int:
        """How often the item may be run again, at most 255."""
        if self._reads_marks is None:
            plugins = {_top_module(plugin) for plugin in self._config.pluginmanager.get_plugins()}
            self._reads_marks = not _READ_MARKS.isdisjoint(plugins)
            self._everywhere = max(_numbers(self._config), default=0)
        count = self._everywhere
        if self._reads_marks and getattr(self._config.option, "force_reruns", None) is None:
            mark = item.get_closest_marker("flaky")
            if mark is not None:
                count = self._of_mark(mark)
        # box/flaky counts every run, the first one too
        return max(0, min(_MOST, max(count, _number(getattr(item, "_flaky_max_runs", 1)) - 1)))

    def _of_mark(self, mark: pytest.Mark) -> int:
        if mark.kwargs.get("condition") is False:
            return 0
        if "reruns" in mark.kwargs:
            count = _number(mark.kwargs["reruns"])
        elif "retries" in mark.kwargs:
            count = _number(mark.kwargs["retries"])
        elif mark.args:
            count = _number(mark.args[0])
        else:
            return max(1, self._everywhere)
        return count + (self._everywhere if getattr(self._config.option, "reruns_mode", "") == "append" else 0)


def _numbers(config: pytest.Config) -> Iterable[int]:
    """The values of the options and settings that say how often tests are run again."""
    for name, value in vars(config.option).items():
        if _COUNTS.fullmatch(name):
            yield _number(value)
    for name in _SETTINGS:
        with contextlib.suppress(ValueError):  # no plugin knows it
            yield _number(config.getini(name))


def _number(value: object) -> int:
    """``value`` as a number, 0 where it is none."""
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _top_module(plugin: object) -> str:
    return str(getattr(plugin, "__name__", "")).partition(".")[0]
