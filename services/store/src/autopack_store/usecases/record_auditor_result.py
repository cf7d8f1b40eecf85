"""Record what an auditor says of an attempt, once."""

from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_store.domain.digesting import verified
from autopack_store.domain.errors import AlreadyRecorded
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Clock, Database, UnitOfWork
from autopack_store.usecases.lookup import advance, check_same_attempt, open_attempt
from autopack_store.usecases.mutation import mutate


def record_auditor_result(
    database: Database, clock: Clock, request_id: str, ref: AttemptRef, digest: str, result: AuditorResult
) -> Answer:
    """Record ``result``, which must come to ``digest``; the same again is fine. The answer is its digest.

    Raises InvalidValue, NotFound, RunEnded, AttemptEnded, AlreadyRecorded, FailedPrecondition, RequestReused.
    """
    check_same_attempt(ref, result.attempt)
    verified(auditor_result_digest, result, digest, "start.result_digest")
    request = Request.of("RecordAuditorResult", request_id, ref, digest)

    def work(store: UnitOfWork) -> str:
        attempt = open_attempt(store, ref)
        if attempt.auditor_result_digest == digest:
            return digest
        if attempt.auditor_result_digest is not None:
            raise AlreadyRecorded(
                f"attempt {ref} has another auditor result, {attempt.auditor_result_digest}; start a new attempt",
                subject=str(ref),
            )
        advance(store, attempt, AttemptState.AUDITING)
        store.results.add_auditor(result, digest, clock())
        return digest

    return mutate(database, request, work)
