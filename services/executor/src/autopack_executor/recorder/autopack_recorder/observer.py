"""What controller and workers have in common. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from autopack_recorder.attempts import Attempts
from autopack_recorder.binding import Binding
from autopack_recorder.failure import EVERYTHING, FAILURE, cause_of, describe_failure
from autopack_recorder.names import Names
from autopack_recorder.reruns import RERUNS, Reruns
from autopack_recorder.retried import split
from autopack_recorder.text import MAX_MESSAGE, as_text, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import TracebackType

    from pluggy import Result


class Guard:
    """``with guard:`` around what the recorder does: its own error is given to ``give_up`` and stops no test."""

    def __init__(self, give_up: Callable[[str], None]) -> None:
        self._give_up = give_up

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._give_up(reason_of(error))
        return True


def is_grouped(config: pytest.Config) -> bool:
    """Whether pytest-xdist runs the tests by their groups. A worker has the second option instead of the first."""
    return getattr(config.option, "dist", "no") == "loadgroup" or bool(getattr(config.option, "loadgroup", False))


class Observer:
    """Notes the exception behind a failure, which is known only in the process where it was raised.

    ``wanted`` are the names of the tests that are to be run, None for all. ``give_up`` takes the reason for which
    the recorder cannot go on.
    """

    def __init__(
        self,
        config: pytest.Config,
        tree: str | None,
        modules: str | None,
        wanted: list[str] | None,
        give_up: Callable[[str], None],
    ) -> None:
        self._config = config
        self._tree = tree
        self._names = Names(str(config.rootpath), tree)
        self._names.grouped = is_grouped(config)
        self._wanted = wanted
        self._guard = Guard(give_up)
        self._binding = Binding(config, self._names, tree, modules)
        self._deselected = 0
        self._attempts = Attempts()
        self._reruns = Reruns(config)
        self._without_tests: dict[str, None] = {}  # node ids of collectors that passed, those with tests taken out

    def pytest_plugin_registered(self, plugin: object) -> None:
        """Know where each plugin comes from, those of before included."""
        with self._guard:
            self._binding.registered(plugin)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """Deselect what is not wanted, after every plugin has had its say."""
        yield
        if self._wanted is not None:
            others: list[pytest.Item] = []
            with self._guard:
                items[:], others = split(items, self._names, self._wanted)
            if others:
                self._config.hook.pytest_deselected(items=others)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Result[pytest.TestReport], None]:
        """Add to a report how often its test may be run again, and to a failed one where its exception came from; know
        that one until it is logged: also where somebody takes the exception, or has the report say that it passed.
        """
        raised = call.excinfo
        outcome = yield
        if outcome.excinfo is not None:
            return
        with self._guard:
            reruns = self._reruns.of(item)
            if reruns:
                setattr(outcome.get_result(), RERUNS, reruns)
        excinfo = call.excinfo or raised
        if excinfo is None:
            return
        with self._guard:
            report = outcome.get_result()
            if report.outcome != "skipped":
                setattr(report, FAILURE, describe_failure(cause_of(excinfo.value), self._tree))
                self._attempts.failed(report)

    def pytest_exception_interact(
        self, call: pytest.CallInfo[object], report: pytest.CollectReport | pytest.TestReport
    ) -> None:
        """Add to a collector's report where its exception came from, and what it says."""
        if not isinstance(report, pytest.CollectReport) or call.excinfo is None:
            return
        with self._guard:
            error = cause_of(call.excinfo.value)
            message = as_text(reason_of(error), MAX_MESSAGE)
            setattr(report, FAILURE, [*describe_failure(error, self._tree), message])

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Forget the collectors in which a selected test lies, and look at what is going to run."""
        with self._guard:
            self._binding.collected(session.items)
            left = self._without_tests
            for item in session.items:
                node = item.parent
                while node is not None and left.pop(node.nodeid, self) is not self:
                    node = node.parent

    def _note_passed(self, report: pytest.CollectReport) -> None:
        """Note a collector that passed. The session itself is none: it says nothing of any module."""
        if report.nodeid not in ("", EVERYTHING):
            self._without_tests[as_text(report.nodeid)] = None

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count the tests that are not selected."""
        self._deselected += len(items)
