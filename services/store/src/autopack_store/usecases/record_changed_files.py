"""Record an attempt's changed files, once."""

from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_store.domain.digesting import digested, verified
from autopack_store.domain.errors import AlreadyRecorded
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Database, UnitOfWork
from autopack_store.usecases.lookup import advance, check_undecided, known_attempt
from autopack_store.usecases.mutation import mutate


def record_changed_files(
    database: Database, request_id: str, ref: AttemptRef, changed_files: ChangedFiles, announced: str | None
) -> Answer:
    """Record them, which must come to the digest ``announced`` where one was; the same again is fine. The answer is
    their digest.

    Raises InvalidValue, NotFound, RunEnded, AttemptEnded, AlreadyRecorded, FailedPrecondition, RequestReused.
    """
    digest = digested(changed_files_digest, changed_files, "chunk.files")
    if announced is not None:
        verified(changed_files_digest, changed_files, announced, "start.changed_files_digest")
    request = Request.of("RecordChangedFiles", request_id, ref, digest, changed_files.problem)

    def work(store: UnitOfWork) -> str:
        attempt = check_undecided(known_attempt(store, ref))
        recorded = store.changed_files.digest(ref)
        if recorded is None:
            advance(store, attempt, AttemptState.TESTING)
            store.changed_files.add(ref, changed_files, digest)
        elif recorded != digest:
            raise AlreadyRecorded(
                f"attempt {ref} has other changed files, {recorded}; start a new attempt", subject=str(ref)
            )
        return digest

    return mutate(database, request, work)
