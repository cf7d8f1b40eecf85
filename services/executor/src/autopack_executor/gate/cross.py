"""Measure base's tests on the candidate's code, where the gatekeeper wants to know (docs/decisions/0032)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import structlog

from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.baseline import captured
from autopack_executor.gate.retries import Retried
from autopack_executor.gate.side import MeasuredSide, checked_out, record, run_suite
from autopack_git.errors import GitFailed
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.decision.newly_bad import MAX_NEWLY_BAD
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import BAD, TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.policy.terms import Terms
from autopack_model.progress.value import Activity
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree

MOST_RETRIES: Final = 2
"""So often a test of base that fails on the candidate's code is run again: a flaky one hides nothing for certain."""

_log = structlog.get_logger("executor")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossSide:
    """What the attempt has of the cross side: its evidence, None where it was not measured, and its retries."""

    entry: SideEvidence | None = None
    retries: tuple[SideEvidence, ...] = ()

    @property
    def entries(self) -> tuple[SideEvidence, ...]:
        """All of it, in the order of a side's suite runs."""
        return self.retries if self.entry is None else (self.entry, *self.retries)


def measure_cross(
    attempt: GateAttempt, retried: Retried, head: MeasuredSide, changed_files: ChangedFiles, terms: Terms
) -> CrossSide:
    """Run base's tests on the candidate's code; nothing where the change touches no test-side file, and where base and
    head decide already. Raises AutopackError, Cancelled.
    """
    base = attempt.measured_base
    if retried.base is None or base is None or not changed_files.files or not assess(head.evidence).complete:
        return CrossSide()
    plan = attempt.gatekeeper.plan_cross_side(
        attempt.ref,
        base=retried.base.evidence_digest,
        head=head.entry.evidence_digest,
        terms=terms,
        base_retries=[entry.evidence_digest for entry in retried.base_retries],
        head_retries=[entry.evidence_digest for entry in retried.head_retries],
    )
    if not plan.paths:
        return CrossSide()
    attempt.stop_if_cancelled()
    try:
        tree = attempt.repository.cross_tree(base, attempt.spec.head, plan.paths)
    except GitFailed as error:
        _log.warning("the cross tree cannot be made", run_id=attempt.ref.run_id, problem=error.message)
        return CrossSide()
    return _measured(attempt, plan, tree, head.evidence)


def _measured(attempt: GateAttempt, plan: CrossPlan, tree: Tree, head: Evidence) -> CrossSide:
    entry, evidence = captured(attempt, Side.CROSS, tree, tests=plan.modules or None)
    if evidence is None:
        attempt.store.attach(attempt.ref, entry)
        return CrossSide(entry=entry)
    return CrossSide(entry=entry, retries=tuple(_retries(attempt, tree, _worse(evidence, head))))


def _worse(cross: Evidence, head: Evidence) -> tuple[str, ...]:
    """The tests that fail on the cross side and not on head."""
    if not assess(cross).complete:
        return ()
    failing = [name for name, state in zip(cross.test_ids, cross.states, strict=True) if TestState(state) in BAD]
    places = ((name, head.test_ids.find(name)) for name in failing)
    return tuple(name for name, place in places if place is None or head.state_of(place) not in BAD)


def _retries(attempt: GateAttempt, tree: Tree, tests: tuple[str, ...]) -> Iterator[SideEvidence]:
    if not 0 < len(tests) <= MAX_NEWLY_BAD:
        return
    with checked_out(attempt, Side.CROSS, tree):
        prepared = attempt.prepare(Side.CROSS)
        for number in range(1, MOST_RETRIES + 1):
            if not prepared.usable or not tests:
                return
            attempt.report(Activity.PREPARING, Side.CROSS, f"retry {number} of {len(tests)} failing tests")
            evidence = run_suite(attempt, Side.CROSS, tree, prepared, retry=number, tests=tests)
            yield record(attempt, Side.CROSS, evidence, None, retry=number)
            states = dict(zip(evidence.test_ids, evidence.states, strict=True)) if assess(evidence).complete else {}
            tests = tuple(name for name in tests if states.get(name) is None or TestState(states[name]) in BAD)
