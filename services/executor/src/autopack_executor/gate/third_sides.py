"""Measure base's tests on the candidate's code, and new tests on base's code, where the gatekeeper wants to know
(docs/decisions/0032, 0036).
"""

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
class ThirdSides:
    """What the attempt has of the cross side and its retries, and of the reverse side. None stands for a side that was
    not measured.
    """

    cross: SideEvidence | None = None
    cross_retries: tuple[SideEvidence, ...] = ()
    reverse: SideEvidence | None = None

    @property
    def entries(self) -> tuple[SideEvidence, ...]:
        """All of it, in the order of the sides."""
        return tuple(entry for entry in (self.cross, *self.cross_retries, self.reverse) if entry is not None)


def measure_third_sides(
    attempt: GateAttempt, retried: Retried, head: MeasuredSide, changed_files: ChangedFiles, terms: Terms
) -> ThirdSides:
    """Run base's tests on the candidate's code, and the candidate's new tests on base's code; nothing where the change
    touches no test-side file, and where base and head decide already. Raises AutopackError, Cancelled.
    """
    base = attempt.measured_base
    if retried.base is None or base is None or not changed_files.files or not assess(head.evidence).complete:
        return ThirdSides()
    plan = attempt.gatekeeper.plan_cross_side(
        attempt.ref,
        base=retried.base.evidence_digest,
        head=head.entry.evidence_digest,
        terms=terms,
        base_retries=[entry.evidence_digest for entry in retried.base_retries],
        head_retries=[entry.evidence_digest for entry in retried.head_retries],
    )
    tree = _mixed(attempt, tests=base, code=attempt.spec.head, paths=plan.paths)
    if tree is None:
        return ThirdSides()
    cross, evidence = _measured(attempt, Side.CROSS, tree, plan.modules)
    retries = () if evidence is None else tuple(_retries(attempt, tree, _worse(evidence, head.evidence)))
    reverse = None
    if plan.new_modules and (evidence is None or assess(evidence).complete):
        tree = _mixed(attempt, tests=attempt.spec.head, code=base, paths=plan.paths)
        reverse = None if tree is None else _measured(attempt, Side.REVERSE, tree, plan.new_modules)[0]
    return ThirdSides(cross=cross, cross_retries=retries, reverse=reverse)


def _mixed(attempt: GateAttempt, *, tests: Tree, code: Tree, paths: tuple[str, ...]) -> Tree | None:
    """The tree ``code`` with the files ``paths`` as they are in ``tests``; None where there are none, and where git
    cannot make it.
    """
    if not paths:
        return None
    try:
        return attempt.repository.mixed_tree(tests=tests, code=code, paths=paths)
    except GitFailed as error:
        _log.warning("the tree of a third side cannot be made", run_id=attempt.ref.run_id, problem=error.message)
        return None


def _measured(
    attempt: GateAttempt, side: Side, tree: Tree, modules: tuple[str, ...]
) -> tuple[SideEvidence, Evidence | None]:
    """What is attached for the side, and its evidence; None where it is that of a stored baseline."""
    attempt.stop_if_cancelled()
    entry, evidence = captured(attempt, side, tree, tests=modules or None)
    if evidence is None:
        attempt.store.attach(attempt.ref, entry)
    return entry, evidence


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
