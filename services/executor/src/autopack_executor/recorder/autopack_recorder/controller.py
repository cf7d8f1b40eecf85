"""The process that pytest was started in, which alone writes events. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from autopack_recorder.binding import UNKNOWN, merge
from autopack_recorder.executions import Executions
from autopack_recorder.failure import EVERYTHING, describe_collector
from autopack_recorder.numbering import Numbering, parts
from autopack_recorder.observer import Observer, is_grouped
from autopack_recorder.retried import read_tests
from autopack_recorder.seeds import seeds_of
from autopack_recorder.selection import selection_of
from autopack_recorder.text import as_text
from autopack_recorder.worker import FINDING, KEY

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from xdist.workermanage import WorkerController

    from autopack_recorder.fields import BindingFields, CollectorFields, FromWorker, ToWorker
    from autopack_recorder.stream import Stream

# Part of a baseline's key: raise it with every change of what is recorded.
RECORDER_VERSION = "7"


class Controller(Observer):
    """Writes the events. With pytest-xdist the tests run in workers, and this process hears of them."""

    def __init__(
        self, config: pytest.Config, stream: Stream, tree: str | None, modules: str | None, tests: str | None
    ) -> None:
        super().__init__(config, tree, modules, None, stream.give_up)
        self._stream = stream
        self._modules = modules
        self._session: pytest.Session | None = None
        self._distributed = False
        self._numbering = Numbering(self._names, stream)
        self._executions = Executions(stream)
        self._collectors: set[tuple[str, str]] = set()
        self._findings: dict[str, BindingFields] = {}  # by worker; unknown until it has said something
        stream.write(
            "start",
            version=RECORDER_VERSION,
            pid=os.getpid(),
            python=".".join(map(str, sys.version_info[:3])),
            pytest=as_text(pytest.__version__),
        )
        if tests is not None:
            self._wanted = []
            with self._guard:
                self._wanted = read_tests(tests)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Write that the session begins."""
        self._session = session
        self._names.grouped = is_grouped(self._config)  # only now is the whole configuration read
        self._distributed = self._config.pluginmanager.hasplugin("dsession")
        with self._guard:
            self._stream.write(
                "session",
                rootdir=as_text(self._config.rootpath),
                tree=as_text(self._tree or ""),
                selection=selection_of(self._config),
                distributed=self._distributed,
                seeds=seeds_of(self._config),
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write a collector that errored or was skipped."""
        with self._guard:
            if report.outcome == "passed":
                self._note_passed(report)
            else:
                self._write_collector(describe_collector(report))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, None, None]:
        """Take the items as they are when the first is about to run, after every plugin has had its say."""
        if not self._distributed:
            with self._guard:
                self._numbering.list_items(session.items)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, None, None]:
        """Know the item that runs: its reports may carry another id, or one that several items share."""
        before = self._numbering.enter(item)
        with self._guard:
            self._binding.before(item)
        yield
        with self._guard:
            number = self._numbering.running
            for fields in self._attempts.take():
                if number is not None:
                    self._executions.add_hidden(number, fields)
        self._numbering.leave(before)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Write that a worker begins a test. Without workers the tests run in the order in which they are listed."""
        if self._distributed:
            with self._guard:
                number = self._numbering.listed(nodeid)
                if number is not None:
                    self._stream.write("begin", test=number)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one report of a test, of this process or of a worker."""
        with self._guard:
            worker: str | None = None
            if not hasattr(report, "node"):
                self._attempts.logged(report)
            else:
                worker = getattr(getattr(report.node, "gateway", None), "id", None)
                early: BindingFields | None = getattr(report, FINDING, None)
                if early is not None and worker is not None:
                    self._findings[worker] = early
            self._executions.take((self._numbering.of(report, worker), worker), report)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_unconfigure(self) -> Generator[None, None, None]:
        """Finish after everybody else: plugins change the exit status as late as in their own sessionfinish."""
        yield
        if self._session is None:
            return
        with self._guard:
            self._write_without_tests()
            self._stream.write("finish", exit=int(self._session.exitstatus), deselected=self._deselected)
            binding = merge([self._binding.find(), *self._findings.values()])
            self._stream.write(
                "end",
                count=self._stream.count + 1,
                binding=binding["state"],
                foreign=binding["foreign"],
                plugins=binding["plugins"],
                deviations=binding["deviations"],
                test_code=binding["test_code"],
            )
            self._stream.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker of pytest-xdist what it needs to observe for this process."""
        self._findings[node.gateway.id] = UNKNOWN
        handed: ToWorker = {"tree": self._tree, "modules": self._modules, "wanted": self._wanted}
        node.workerinput[KEY] = handed

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_node_collection_finished(self, node: WorkerController, ids: Sequence[str]) -> None:
        """Number the tests that a worker collected."""
        with self._guard:
            self._numbering.list_of_worker(node.gateway.id, ids)

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Take what a worker said at its end. A worker that crashed said nothing: what its first report said stands."""
        output: dict[str, FromWorker] | None = getattr(node, "workeroutput", None)
        if output is None:
            return
        with self._guard:
            handed = output.get(KEY)
            if handed is None or handed["broken"]:
                self._stream.give_up(f"worker {node.gateway.id}: {handed and handed['broken']}")
                return
            self._findings[node.gateway.id] = handed["binding"]
            self._deselected = max(self._deselected, handed["deselected"])
            for collector in handed["collectors"]:
                self._write_collector(collector)
            for hidden in handed["hidden"]:
                number = self._numbering.of_worker(node.gateway.id, hidden["index"])
                if number is not None:
                    self._executions.add_hidden(number, hidden["report"])
            self._without_tests.update(dict.fromkeys(handed["without_tests"]))

    def _write_without_tests(self) -> None:
        """Write the collectors that passed, and in which no selected test lies: they are there, and not broken."""
        names = [self._names.of_collector(node_id) for node_id in self._without_tests]
        for part in parts(names):
            self._stream.write("without_tests", collectors=part)

    def _write_collector(self, collector: CollectorFields) -> None:
        if collector["collector"] != EVERYTHING:
            collector["collector"] = self._names.of_collector(collector["collector"])
        key = collector["collector"], collector["state"]
        if key not in self._collectors:
            self._collectors.add(key)
            self._stream.write("collector", **collector)
