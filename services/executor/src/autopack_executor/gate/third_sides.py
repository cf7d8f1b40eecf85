"""Measure base's tests on the candidate's code, and new tests on base's code, where the gatekeeper wants to know
(docs/decisions/0032, 0036).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.baseline import captured
from autopack_executor.gate.retries import Retried
from autopack_executor.gate.side import MeasuredSide
from autopack_executor.gate.side_retries import SideRetries
from autopack_git.errors import GitFailed
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.newly_bad import MAX_NEWLY_BAD
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import BAD, TestState, fold
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.policy.terms import Terms
from autopack_model.run.value import SideEvidence
from autopack_model.suite_run.value import Tree

MOST_RETRIES: Final = 2
"""So often a test of base that fails on the candidate's code is run again: a flaky one hides nothing for certain."""

MOST_ON_BASE: Final = 15
"""So often a test that is flaky there is run on base, until base shows both as well: a test that fails in one run of
five does so in 97 of 100 cases."""

_log = structlog.get_logger("executor")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdSides:
    """What the attempt has of the cross side and its retries, and of the reverse side; ``base_retries`` are the further
    ones of base for what is flaky on the cross side. None stands for a side that was not measured.
    """

    cross: SideEvidence | None = None
    cross_retries: tuple[SideEvidence, ...] = ()
    base_retries: tuple[SideEvidence, ...] = ()
    reverse: SideEvidence | None = None

    @property
    def entries(self) -> tuple[SideEvidence, ...]:
        """What there is of the cross side and of the reverse side, in their order."""
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
    failing = _failing(attempt, head, cross) if evidence is None else _worse(evidence, head.evidence)
    on_cross = SideRetries(attempt, Side.CROSS, tree, head.evidence)
    flaky = _flaky(on_cross, failing, "failing", first=TestState.FAILED, most=MOST_RETRIES)
    on_base = SideRetries(attempt, Side.BASE, base, head.evidence, first=len(retried.base_retries) + 1)
    _flaky(on_base, flaky, "flaky", first=TestState.NOT_RUN, most=MOST_ON_BASE)
    reverse = None
    if plan.new_modules and (evidence is None or assess(evidence).complete):
        tree = _mixed(attempt, tests=attempt.spec.head, code=base, paths=plan.paths)
        reverse = None if tree is None else _measured(attempt, Side.REVERSE, tree, plan.new_modules)[0]
    return ThirdSides(
        cross=cross,
        cross_retries=tuple(on_cross.entries),
        base_retries=tuple(on_base.entries),
        reverse=reverse,
    )


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
    """The tests that fail on the cross side and not on head; none where there are too many to be chance."""
    if not assess(cross).complete:
        return ()
    failing = [name for name, state in zip(cross.test_ids, cross.states, strict=True) if TestState(state) in BAD]
    places = ((name, head.test_ids.find(name)) for name in failing)
    found = tuple(name for name, place in places if place is None or head.state_of(place) not in BAD)
    return found if len(found) <= MAX_NEWLY_BAD else ()


def _failing(attempt: GateAttempt, head: MeasuredSide, cross: SideEvidence) -> tuple[str, ...]:
    """The same where the cross side's evidence is a stored one, which the gatekeeper reads."""
    found = attempt.gatekeeper.newly_bad(attempt.ref, base=head.entry.evidence_digest, head=cross.evidence_digest)
    return tuple(sorted(test.head_id for test in found.tests if test.head_state in BAD))


def _flaky(retries: SideRetries, tests: tuple[str, ...], kind: str, *, first: TestState, most: int) -> tuple[str, ...]:
    """Run the ``tests``, of which ``first`` was seen, again until each proves to be flaky, and ``most`` times at most;
    those that do.
    """
    seen = dict.fromkeys(tests, first)

    def still_open() -> tuple[str, ...]:
        return tuple(name for name in tests if seen[name] is not TestState.FLAKY) if len(retries.entries) < most else ()

    def take(asked: tuple[str, ...], states: Mapping[str, TestState]) -> None:
        seen.update({name: fold((seen[name], states[name])) for name in asked if name in states})

    retries.run(still_open, take, kind)
    return tuple(name for name in tests if seen[name] is TestState.FLAKY)
