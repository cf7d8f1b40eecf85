"""What may be done with the changed files of an attempt."""

from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_store.digesting import digested, verified
from autopack_store.errors import AlreadyRecorded, NotFound
from autopack_store.requests import Answer, Request
from autopack_store.runs.lookup import advance, check_undecided, known_attempt
from autopack_store.unit_of_work import Database, UnitOfWork, mutate


def record_changed_files(
    database: Database, request_id: str, ref: AttemptRef, changed_files: ChangedFiles, announced: str | None
) -> Answer:
    """Record an attempt's changed files, once. They must come to the digest ``announced`` where one was; the same again
    is fine. The answer is their digest.

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


def get_changed_files(database: Database, ref: AttemptRef) -> ChangedFiles:
    """The changed files of an attempt. Raises NotFound, DataLoss."""
    with database.read() as store:
        found = store.changed_files.get(ref)
    if found is None:
        raise NotFound(f"no changed files were recorded for attempt {ref}", subject=str(ref))
    return found
