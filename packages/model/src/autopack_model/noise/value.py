"""How steady the tests of one commit are: what several suite runs of it said of the same tests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autopack_model.canonical import Json
from autopack_model.evidence.completeness import IncompleteReason, assess
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import CollectorState

ABSENT = "absent"
"""What a suite run says of a test that it does not have."""

COLLECTED = "collected"
"""What a suite run says of a collector that gave tests there."""

UNCOLLECTED = "uncollected"
"""What a suite run says of a test that lies in a collector which gave no tests there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSeen:
    """What one suite run of the commit came to. ``incomplete_reason`` is None for one that ran to its end; ``states``
    has its tests, and ``collectors`` what it could not collect.
    """

    run_id: str
    incomplete_reason: IncompleteReason | None
    states: Mapping[str, TestState]
    collectors: Mapping[str, CollectorState]

    @staticmethod
    def of_evidence(run_id: str, evidence: Evidence) -> "SuiteSeen":
        """What the evidence of the suite run says."""
        return SuiteSeen(
            run_id=run_id,
            incomplete_reason=assess(evidence).reason,
            states={name: TestState(state) for name, state in zip(evidence.test_ids, evidence.states, strict=True)},
            collectors={
                outcome.collector: outcome.state
                for outcome in evidence.suite_run.recorder.collectors
                if outcome.state is not CollectorState.PASSED
            },
        )

    def label(self, name: str) -> str:
        """What it says of a test, in a word."""
        if name in self.states:
            return self.states[name].label
        return UNCOLLECTED if any(_lies_in(name, collector) for collector in self.collectors) else ABSENT

    def label_of_collector(self, name: str) -> str:
        """What it says of a collector, in a word."""
        if name in self.collectors:
            return f"collector {self.collectors[name].label}"
        return COLLECTED if any(_lies_in(test, name) for test in self.states) else ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsteady:
    """A test or collector that is not the same in all suite runs: a ``label`` for each, in their order."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Several suite runs of the commit ``revision`` of ``repository``, in their order."""

    repository: str
    revision: str
    suites: tuple[SuiteSeen, ...]

    @property
    def complete(self) -> tuple[SuiteSeen, ...]:
        """The suite runs that ran to their end. The others say nothing of a test."""
        return tuple(suite for suite in self.suites if suite.incomplete_reason is None)

    @property
    def proven(self) -> bool:
        """Whether every suite run ran to its end and had tests: only then may nobody be unsteady."""
        return len(self.complete) == len(self.suites) and all(suite.states for suite in self.suites)

    def unsteady(self) -> tuple[Unsteady, ...]:
        """The tests and collectors whose outcome varies over the complete suite runs, or within one, ascending. A test
        is not told for a suite run that could not collect its module: there the collector is.
        """
        return tuple(sorted(self._unsteady(), key=lambda each: each.name))

    def _unsteady(self) -> Iterator[Unsteady]:
        tests = {name for suite in self.complete for name in suite.states}
        collectors = {name for suite in self.complete for name in suite.collectors}
        labelled = [(name, tuple(suite.label(name) for suite in self.complete)) for name in tests]
        labelled += [(name, tuple(suite.label_of_collector(name) for suite in self.complete)) for name in collectors]
        for name, labels in labelled:
            seen = set(labels) - {UNCOLLECTED}
            if len(seen) > 1 or TestState.FLAKY.label in seen:
                yield Unsteady(name=name, labels=labels)

    def document(self) -> dict[str, Json]:
        """The noise as JSON."""
        return {
            "repository": self.repository,
            "revision": self.revision,
            "runs": [
                {
                    "run_id": suite.run_id,
                    "complete": suite.incomplete_reason is None,
                    "incomplete_reason": None if suite.incomplete_reason is None else suite.incomplete_reason.label,
                    "tests": len(suite.states),
                }
                for suite in self.suites
            ],
            "unstable": [{"name": each.name, "outcomes": list(each.labels)} for each in self.unsteady()],
        }


def _lies_in(name: str, collector: str) -> bool:
    return name.startswith((f"{collector}::", f"{collector}/"))
