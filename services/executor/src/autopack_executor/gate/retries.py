"""Run newly bad tests again on both sides before the attempt is decided (docs/decisions/0024 and 0029).

The gatekeeper says which tests these are, and what the retries come to. This only runs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.baseline import capture_baseline
from autopack_executor.gate.retry_plan import RetryPlan
from autopack_executor.gate.side import MeasuredSide
from autopack_executor.gate.side_retries import SideRetries
from autopack_model.evidence.outcome import BAD, TestState
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree

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
        base_retries=(*retries.entries(Side.BASE), *retries.known),
        head_retries=retries.entries(Side.HEAD),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retry:
    side: Side
    asked: tuple[str, ...]
    states: Mapping[str, TestState]


class _Retries:
    """The retries of one attempt, over all bases that it was compared with."""

    def __init__(self, attempt: GateAttempt, trees: dict[Side, Tree], head: MeasuredSide) -> None:
        self._attempt = attempt
        self._head = head
        # Those of head come first: what they come to says how long base is looked at.
        self._sides = {side: SideRetries(attempt, side, trees[side], head.evidence) for side in (Side.HEAD, Side.BASE)}
        self._done: list[_Retry] = []
        self._known: tuple[str, ...] = ()

    def run(self, base: SideEvidence) -> RetryPlan:
        """Run what is newly bad beside ``base`` until nothing is open any more; what was run before counts."""
        found = self._attempt.gatekeeper.newly_bad(
            self._attempt.ref, base=base.evidence_digest, head=self._head.entry.evidence_digest
        )
        self._known = found.base_retries
        plan = RetryPlan(found.tests)
        for done in self._done:
            plan.take(done.side, (name for name in done.asked if name in done.states), done.states)
        for side, retries in self._sides.items():
            retries.run(partial(plan.open, side), partial(self._take, plan, side), "newly bad")
        return plan

    def entries(self, side: Side) -> tuple[SideEvidence, ...]:
        """The retries of a side, by their numbers."""
        return tuple(self._sides[side].entries)

    @property
    def known(self) -> tuple[SideEvidence, ...]:
        """The retries of the base that earlier attempts made, numbered behind those of this one."""
        first = len(self.entries(Side.BASE)) + 1
        return tuple(
            SideEvidence(side=Side.BASE, evidence_digest=digest, reused=True, retry=number)
            for number, digest in enumerate(self._known, first)
        )

    def _take(self, plan: RetryPlan, side: Side, asked: tuple[str, ...], states: Mapping[str, TestState]) -> None:
        self._done.append(_Retry(side=side, asked=asked, states=states))
        plan.take(side, asked, states)
