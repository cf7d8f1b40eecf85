"""A worker of pytest-xdist, which hands the controller what only it can see. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from autopack_recorder.binding import UNKNOWN
from autopack_recorder.failure import describe_collector
from autopack_recorder.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Generator

    from autopack_recorder.fields import CollectorFields, HiddenFields, ToWorker, WorkerConfig

# What the two say to each other stands under this key of pytest-xdist's input and output.
KEY = "autopack_recorder"

# The attribute by which a report carries what its worker found about its modules so far.
FINDING = "autopack_binding"


class Worker(Observer):
    """Observes for the controller. It writes nothing itself."""

    def __init__(self, config: pytest.Config, handed: ToWorker) -> None:
        super().__init__(config, handed["tree"], handed["modules"], handed["wanted"], self._give_up)
        self._collectors: list[CollectorFields] = []
        self._hidden: list[HiddenFields] = []
        self._told = False
        self._broken = ""

    def _give_up(self, reason: str) -> None:
        self._broken = reason

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """With the first report goes what is known of the modules by then, in case that this worker crashes."""
        if not self._told:
            self._told = True
            with self._guard:
                setattr(report, FINDING, self._binding.find())
        with self._guard:
            self._attempts.logged(report)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, None, None]:
        """Keep the failures that nobody logged of the item that ran."""
        with self._guard:
            self._binding.before(item)
        yield
        with self._guard:
            for report in self._attempts.take():
                index = next(index for index, each in enumerate(item.session.items) if each is item)
                self._hidden.append({"index": index, "report": report})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """The controller hears of collectors too, but only of one where several report the same text."""
        with self._guard:
            if report.outcome == "passed":
                self._note_passed(report)
            else:
                self._collectors.append(describe_collector(report))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Hand the controller what was seen."""
        binding = UNKNOWN
        with self._guard:
            binding = self._binding.find()
        cast("WorkerConfig", self._config).workeroutput[KEY] = {
            "broken": self._broken,
            "deselected": self._deselected,
            "collectors": self._collectors,
            "hidden": self._hidden,
            "without_tests": list(self._without_tests),
            "binding": binding,
        }
