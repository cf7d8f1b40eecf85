"""Attach a side's evidence to an attempt, once."""

from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import SideEvidence
from autopack_store.domain.errors import AlreadyRecorded, NotFound
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Database, UnitOfWork
from autopack_store.usecases.lookup import advance, attempt_of, check_undecided, running
from autopack_store.usecases.mutation import mutate


def attach_evidence(database: Database, request_id: str, ref: AttemptRef, evidence: SideEvidence) -> Answer:
    """Attach it; the same again is fine. Raises NotFound, RunEnded, AttemptEnded, AlreadyRecorded,
    FailedPrecondition, RequestReused.
    """
    request = Request.of("AttachEvidence", request_id, ref, evidence)

    def work(store: UnitOfWork) -> str:
        run = running(store, ref.run_id)
        attempt = check_undecided(attempt_of(run, ref))
        attached = attempt.side(evidence.side)
        if attached == evidence:
            return "attached"
        if attached is not None:
            raise AlreadyRecorded(
                f"attempt {ref} has other {evidence.side.name} evidence, {attached.evidence_digest}; start "
                "a new attempt",
                subject=str(ref),
            )
        if store.evidence.facts_digest(evidence.evidence_digest) is None:
            raise NotFound(
                f"there is no evidence {evidence.evidence_digest}; upload it first", subject=evidence.evidence_digest
            )
        advance(store, attempt, AttemptState.TESTING)
        store.runs.attach(ref, evidence)
        if not evidence.reused:
            store.history.record(ref, evidence.side, run.spec.repository)
        return "attached"

    return mutate(database, request, work)
