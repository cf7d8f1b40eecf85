"""Run newly bad tests again on both sides before the attempt is decided (docs/decisions/0024 and 0029).

The gatekeeper says which tests these are, and what the retries come to. This only runs them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.baseline import capture_baseline
from autopack_executor.gate.retry_plan import RetryPlan
from autopack_executor.gate.side import MeasuredSide, checked_out, record, run_suite
from autopack_model.decision.newly_bad import MAX_KNOWN_RETRIES
from autopack_model.decision.value import MAX_RETRIES
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import BAD, TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree

LEAST_BUDGET_MS: Final = 120_000
"""What the retries of a side may take at least, all together; else as long as the suite run on head took."""

_WORSE = BAD | {TestState.FLAKY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """The base that the decision rests on, None without a baseline, and the retries of both sides by their numbers.
    Those of base that earlier attempts made come last; like a reused base they are not attached yet.
    """

    base: SideEvidence | None
    base_retries: tuple[SideEvidence, ...] = ()
    head_retries: tuple[SideEvidence, ...] = ()

    @property
    def reused(self) -> tuple[SideEvidence, ...]:
        """What is to be attached, because other attempts measured it."""
        base = () if self.base is None else (self.base,)
        return tuple(entry for entry in (*base, *self.base_retries) if entry.reused)


def retry_newly_bad(attempt: GateAttempt, base: SideEvidence | None, head: MeasuredSide) -> Retried:
    """Run the newly bad tests of the attempt again; nothing where no test is bad on head, and without a baseline.

    A stored baseline that says of a test what is not true any more is measured anew, once. Raises AutopackError,
    Cancelled.
    """
    tree = attempt.measured_base
    if base is None or tree is None or not any(state in head.evidence.states for state in _WORSE):
        return Retried(base=base)
    retries = _Retries(attempt, {Side.BASE: tree, Side.HEAD: attempt.spec.head}, head)
    if retries.run(base).fail_on_both and base.reused:
        attempt.report(Activity.PREPARING, Side.BASE, "the stored baseline is out of date")
        base = capture_baseline(replace(attempt, fresh_base=True), tree)
        retries.run(base)
    return Retried(
        base=base,
        base_retries=(*retries.entries[Side.BASE], *retries.known),
        head_retries=tuple(retries.entries[Side.HEAD]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retry:
    side: Side
    asked: tuple[str, ...]
    states: dict[str, TestState]


class _Retries:
    """The retries of one attempt, over all bases that it was compared with."""

    def __init__(self, attempt: GateAttempt, trees: dict[Side, Tree], head: MeasuredSide) -> None:
        self.entries: dict[Side, list[SideEvidence]] = {Side.BASE: [], Side.HEAD: []}
        self._attempt = attempt
        self._trees = trees
        self._head = head
        self._done: list[_Retry] = []
        self._known: tuple[str, ...] = ()
        # A suite of hours has a test that takes minutes; a suite of seconds has one that needs a service to start.
        self._left_ms = dict.fromkeys(Side, max(LEAST_BUDGET_MS, _duration_ms(head.evidence)))

    def run(self, base: SideEvidence) -> RetryPlan:
        """Run what is newly bad beside ``base`` until nothing is open any more; what was run before counts."""
        found = self._attempt.gatekeeper.newly_bad(
            self._attempt.ref, base=base.evidence_digest, head=self._head.entry.evidence_digest
        )
        self._known = found.base_retries
        plan = RetryPlan(found.tests)
        for done in self._done:
            plan.take(done.side, (name for name in done.asked if name in done.states), done.states)
        for side in (Side.HEAD, Side.BASE):
            self._run_side(side, plan)
        return plan

    @property
    def known(self) -> tuple[SideEvidence, ...]:
        """The retries of the base that earlier attempts made, numbered behind those of this one."""
        first = len(self.entries[Side.BASE]) + 1
        return tuple(
            SideEvidence(side=Side.BASE, evidence_digest=digest, reused=True, retry=number)
            for number, digest in enumerate(self._known, first)
        )

    def _run_side(self, side: Side, plan: RetryPlan) -> None:
        if not plan.open(side):
            return
        with checked_out(self._attempt, side, self._trees[side], told=False):
            prepared = self._attempt.prepare(side)
            while prepared.usable and (asked := plan.open(side)) and self._may_go_on(side):
                number = len(self.entries[side]) + 1
                tests = "newly bad test" if len(asked) == 1 else "newly bad tests"
                self._attempt.report(Activity.RETRYING, side, f"retry {number}, of {len(asked)} {tests}")
                limit_ms = min(self._left_ms[side], self._attempt.command.timeout_ms)
                hurried = replace(self._attempt, command=replace(self._attempt.command, timeout_ms=limit_ms))
                evidence = run_suite(hurried, side, self._trees[side], prepared, retry=number, tests=asked)
                self.entries[side].append(record(self._attempt, side, evidence, None, retry=number))
                self._left_ms[side] -= max(1, _duration_ms(evidence))
                states = dict(_proven(evidence))
                self._done.append(_Retry(side=side, asked=asked, states=states))
                plan.take(side, asked, states)

    def _may_go_on(self, side: Side) -> bool:
        return self._left_ms[side] > 0 and len(self.entries[side]) < MAX_RETRIES - MAX_KNOWN_RETRIES


def _proven(evidence: Evidence) -> Iterator[tuple[str, TestState]]:
    """What a retry says of tests: nothing unless it ran to its end."""
    if assess(evidence).complete:
        yield from ((name, TestState(state)) for name, state in zip(evidence.test_ids, evidence.states, strict=True))


def _duration_ms(evidence: Evidence) -> int:
    process = evidence.suite_run.process
    return process.ended_at_ms - process.started_at_ms
