"""Decide one attempt, and record the decision."""

from dataclasses import dataclass

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_gatekeeper.domain.decide import decide
from autopack_gatekeeper.domain.sorted_ids import differences
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_gatekeeper.usecases.stored_inputs import retried, stored_changed_files, stored_cross, stored_side
from autopack_model.changed_files.value import ChangedFiles, ChangedFilesStatus
from autopack_model.decision.decided import Decided
from autopack_model.decision.document import decision_digest
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAttempt:
    """What is to be decided. ``base_evidence_digest`` is None when no baseline was obtainable,
    ``cross_evidence_digest`` when base's tests were not run on the candidate's code. The retries of each side are in
    the order of their numbers. ``conclude`` says that nobody asks an auditor.
    """

    request_id: str
    attempt: AttemptRef
    base_evidence_digest: str | None
    head_evidence_digest: str
    terms: Terms
    base_retry_digests: tuple[str, ...] = ()
    head_retry_digests: tuple[str, ...] = ()
    cross_evidence_digest: str | None = None
    cross_retry_digests: tuple[str, ...] = ()
    reverse_evidence_digest: str | None = None
    conclude: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAnswer:
    """What was decided, whether it was recorded before, and whether this request was answered before."""

    decided: Decided
    already_present: bool
    replayed: bool


def decide_attempt(store: StoreService, sides: RecentSides, request: DecideAttempt) -> RecordedAnswer:
    """Decide on the stored evidence, and record the decision.

    Raises DamagedAnswer, IncomparableEvidence, and what the port raises.
    """
    base_digest = request.base_evidence_digest
    changed_files = recent_changed_files(store, sides, request.attempt)
    base = None if base_digest is None else recent_side(store, sides, base_digest)
    head = recent_side(store, sides, request.head_evidence_digest, beside=base)
    base = None if base is None else retried(store, base, request.base_retry_digests)
    head = retried(store, head, request.head_retry_digests)
    cross = stored_cross(store, request.cross_evidence_digest, request.cross_retry_digests, base)
    reverse = stored_cross(store, request.reverse_evidence_digest, (), base)
    decision = decide(base, head, changed_files, request.terms, cross, reverse)
    digest = decision_digest(decision)
    recorded = store.record(
        request.request_id, request.attempt, decision, digest, request.terms, conclude=request.conclude
    )
    return RecordedAnswer(
        decided=Decided(decision=decision, digest=digest, state=recorded.state, base_only=_base_only(base, head)),
        already_present=recorded.already_present,
        replayed=recorded.replayed,
    )


def _base_only(base: AssessedSide | None, head: AssessedSide) -> tuple[str, ...]:
    if base is None or base.evidence.test_set_digest == head.evidence.test_set_digest:
        return ()
    only_base, _ = differences(base.evidence.test_ids, head.evidence.test_ids)
    return tuple(only_base.ids)


def recent_side(
    store: StoreService, sides: RecentSides, asked: str, *, beside: AssessedSide | None = None
) -> AssessedSide:
    """A side, from memory where it is there; ``beside`` as in ``assess_side``. Raises the same errors as
    ``stored_side``.
    """
    side = sides.side(asked)
    if side is None:
        side = stored_side(store, asked, beside=beside)
        sides.keep(side)
    return side


def recent_changed_files(store: StoreService, sides: RecentSides, attempt: AttemptRef) -> ChangedFiles:
    """The changed files of the attempt, from memory where they are there. Raises what the port raises."""
    changed_files = sides.changed_files(attempt)
    if changed_files is None:
        changed_files = stored_changed_files(store, attempt)
        if changed_files.status is not ChangedFilesStatus.UNKNOWN:
            sides.keep_changed_files(attempt, changed_files)
    return changed_files
