"""The reports of a test, put together into its executions. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopack_recorder.failure import describe_report, describe_subtest
from autopack_recorder.reruns import RERUNS

if TYPE_CHECKING:
    import pytest

    from autopack_recorder.fields import ReportFields
    from autopack_recorder.stream import Stream

_STAGES = {"setup": 1, "call": 2, "teardown": 4}
_ALL_STAGES = 7
_OUTCOMES = ("passed", "failed", "skipped")
_MAX_MUTED = 1000


class _Execution:
    """One execution of one test while it is under way."""

    __slots__ = ("muted", "repeated", "reports", "reruns", "seconds", "stages")

    def __init__(self) -> None:
        self.stages = 0
        self.muted: list[str] = []  # the subtests that were skipped or failed as expected
        self.repeated = False  # the test is going to be executed once more; a teardown may still follow
        self.seconds = 0.0
        self.reruns = 0  # how often the test may be run again
        self.reports: list[ReportFields] = []


class Executions:
    """Takes reports, and writes each execution of a test that came to its end."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._open: dict[tuple[int, str | None], _Execution] = {}

    def take(self, key: tuple[int, str | None], report: pytest.TestReport) -> None:
        """Take one report of the test in ``key``, which with pytest-xdist also names the worker that ran it."""
        outcome: str = report.outcome
        stage = _STAGES.get(report.when, 0)
        xfail = getattr(report, "wasxfail", None)
        subtest = type(report).__name__.lower() == "subtestreport"
        execution = self._open.get(key)
        repeated = execution is not None and execution.repeated and (subtest or stage == _STAGES["call"])
        if execution is not None and (repeated or (stage == 1 and execution.stages)):
            self._close(key, execution)
            execution = None
        if execution is None:
            execution = self._open[key] = _Execution()
            if repeated:  # a plugin that tries again need not log that it has set the test up again
                execution.stages = _STAGES["setup"]
        execution.reruns = max(execution.reruns, getattr(report, RERUNS, 0))
        if subtest:  # the test itself reports as well, and passes whatever its subtests skipped
            failed = outcome == "failed" and xfail is None
            if failed or (outcome == "skipped" and not execution.muted):
                execution.reports.append(describe_report(report, xfail, subtest=True))
            if outcome == "skipped":
                execution.muted.append(describe_subtest(report))
            return
        execution.stages |= stage
        execution.seconds += getattr(report, "duration", 0.0)
        execution.repeated = execution.repeated or outcome not in _OUTCOMES
        if outcome != "passed" or xfail is not None:
            execution.reports.append(describe_report(report, xfail, subtest=False))
        if stage in (0, 4):
            self._close(key, execution)

    def add_hidden(self, test: int, report: ReportFields) -> None:
        """Write an execution that failed, and of which nothing was logged."""
        self._stream.write("test", test=test, ms=0, reports=[report])

    def _close(self, key: tuple[int, str | None], execution: _Execution) -> None:
        del self._open[key]
        fields: dict[str, object] = {"test": key[0], "ms": max(0, int(execution.seconds * 1000 + 0.5))}
        if execution.reruns:
            fields["reruns"] = execution.reruns
        if execution.muted:
            self._close_muted(fields, execution)
        elif execution.reports or execution.stages != _ALL_STAGES:
            self._stream.write("test", **fields, reports=execution.reports)
        else:
            self._stream.write("test", **fields)

    def _close_muted(self, fields: dict[str, object], execution: _Execution) -> None:
        """Write an execution with muted subtests. What these say counts beside a report of the test itself only."""
        muted, reports = execution.muted, execution.reports
        if not execution.stages & _STAGES["call"] and all(report["subtest"] for report in reports):
            reports = [report for report in reports if report["outcome"] == "failed"]
        if len(muted) > _MAX_MUTED:
            muted = [*muted[:_MAX_MUTED], f"and {len(muted) - _MAX_MUTED} more"]
        self._stream.write("test", **fields, reports=reports, muted=muted)
