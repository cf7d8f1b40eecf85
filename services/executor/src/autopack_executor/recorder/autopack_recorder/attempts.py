"""Failed executions of a test of which no report is logged, because a plugin tries again. PYTEST_DONT_REWRITE"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autopack_recorder.failure import describe_report

if TYPE_CHECKING:
    import pytest

    from autopack_recorder.fields import ReportFields

# The attribute by which a report that is logged, or a copy of it, is known again.
_NUMBER = "autopack_number"


class Attempts:
    """Knows the failures of the test that runs, each until it is logged as one."""

    def __init__(self) -> None:
        self._count = 0
        self._pending: dict[int, ReportFields] = {}

    def failed(self, report: pytest.TestReport) -> None:
        """Note the report of a stage that raised."""
        self._count += 1
        setattr(report, _NUMBER, self._count)
        fields = describe_report(report, None, subtest=type(report).__name__.lower() == "subtestreport")
        fields["outcome"] = "failed"
        self._pending[self._count] = fields

    def logged(self, report: pytest.TestReport) -> None:
        """Note a report that is logged. One that was made to say that the stage passed hides its failure."""
        if report.outcome != "passed":
            self._pending.pop(getattr(report, _NUMBER, 0), None)

    def take(self) -> list[ReportFields]:
        """The failures that nobody logged, once the test has run; they are forgotten here."""
        hidden = list(self._pending.values())
        self._pending.clear()
        return hidden
