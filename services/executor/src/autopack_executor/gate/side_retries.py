"""Run tests of one side again, as retries of its suite run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.side import checked_out, record, run_suite
from autopack_model.decision.newly_bad import MAX_KNOWN_RETRIES
from autopack_model.decision.value import MAX_RETRIES
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree

LEAST_BUDGET_MS: Final = 120_000
"""What the retries of a side may take at least, all together; else as long as the suite run on head took."""


class SideRetries:
    """The retries of one side of an attempt, numbered from ``first`` on. ``entries`` has what is recorded of them.

    They are bounded in number, and in time by the suite run on ``head``: a suite of hours has a test that takes
    minutes; a suite of seconds has one that needs a service to start.
    """

    def __init__(self, attempt: GateAttempt, side: Side, tree: Tree, head: Evidence, *, first: int = 1) -> None:
        self.entries: list[SideEvidence] = []
        self._attempt = attempt
        self._side = side
        self._tree = tree
        self._first = first
        self._left_ms = max(LEAST_BUDGET_MS, _duration_ms(head))

    def run(
        self,
        tests: Callable[[], tuple[str, ...]],
        take: Callable[[tuple[str, ...], Mapping[str, TestState]], None],
        kind: str,
    ) -> None:
        """Run ``tests()``, and ``take`` what was asked and what it showed, which is nothing where the retry did not run
        to its end; again and again until no tests are left. ``kind`` says in a progress report what the tests are.

        Raises AutopackError, Cancelled.
        """
        if not tests():
            return
        with checked_out(self._attempt, self._side, self._tree, told=False):
            prepared = self._attempt.prepare(self._side)
            while prepared.usable and (asked := tests()) and self._may_go_on():
                number = self._first + len(self.entries)
                told = f"retry {number}, of {len(asked)} {kind} {'test' if len(asked) == 1 else 'tests'}"
                self._attempt.report(Activity.RETRYING, self._side, told)
                limit_ms = min(self._left_ms, self._attempt.command.timeout_ms)
                hurried = replace(self._attempt, command=replace(self._attempt.command, timeout_ms=limit_ms))
                evidence = run_suite(hurried, self._side, self._tree, prepared, retry=number, tests=asked)
                self.entries.append(record(self._attempt, self._side, evidence, None, retry=number))
                self._left_ms -= max(1, _duration_ms(evidence))
                take(asked, dict(_shown(evidence)))

    def _may_go_on(self) -> bool:
        return self._left_ms > 0 and self._first + len(self.entries) <= MAX_RETRIES - MAX_KNOWN_RETRIES


def _shown(evidence: Evidence) -> Iterator[tuple[str, TestState]]:
    """What a retry says of tests: nothing unless it ran to its end."""
    if assess(evidence).complete:
        yield from ((name, TestState(state)) for name, state in zip(evidence.test_ids, evidence.states, strict=True))


def _duration_ms(evidence: Evidence) -> int:
    process = evidence.suite_run.process
    return process.ended_at_ms - process.started_at_ms
