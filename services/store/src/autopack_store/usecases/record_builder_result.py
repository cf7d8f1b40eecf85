"""Record what a builder says of an attempt, once."""

from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult, BuilderStatus
from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.errors import InvalidValue
from autopack_model.file_path import outside
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import RunSpec
from autopack_store.domain.digesting import verified
from autopack_store.domain.errors import AlreadyRecorded
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Clock, Database, UnitOfWork
from autopack_store.usecases.lookup import advance, check_same_attempt, known_run, open_attempt
from autopack_store.usecases.mutation import mutate


def record_builder_result(
    database: Database, clock: Clock, request_id: str, ref: AttemptRef, digest: str, result: BuilderResult
) -> Answer:
    """Record ``result``, which must come to ``digest``; the same again is fine. The answer is its digest.

    Raises InvalidValue, NotFound, RunEnded, AttemptEnded, AlreadyRecorded, FailedPrecondition, RequestReused.
    """
    check_same_attempt(ref, result.attempt)
    verified(builder_result_digest, result, digest, "start.result_digest")
    request = Request.of("RecordBuilderResult", request_id, ref, digest)

    def work(store: UnitOfWork) -> str:
        attempt = open_attempt(store, ref)
        if attempt.builder_result_digest == digest:
            return digest
        if attempt.builder_result_digest is not None:
            raise AlreadyRecorded(
                f"attempt {ref} has another builder result, {attempt.builder_result_digest}; start a new attempt",
                subject=str(ref),
            )
        advance(store, attempt, AttemptState.BUILDING)
        _check_allowed(known_run(store, ref.run_id).spec, result)
        store.results.add_builder(result, digest, clock())
        return digest

    return mutate(database, request, work)


def _check_allowed(spec: RunSpec, result: BuilderResult) -> None:
    if result.status is not BuilderStatus.SUCCESS:
        return
    if spec.allowed_paths and result.changed_files.status is ChangedFilesStatus.UNKNOWN:
        raise InvalidValue(
            "status", "SUCCESS though the run allows certain paths only and the changed files are UNKNOWN"
        )
    files = result.changed_files.files
    touched = {file.path for file in files} | {file.old_path for file in files if file.old_path is not None}
    strays = outside(touched, spec.allowed_paths)
    if strays:
        raise InvalidValue(
            "status",
            f"SUCCESS though {len(strays)} changed files are outside of what the run allows, {strays[0]!r} first; say "
            "FAILED or NEEDS_REVIEW",
        )
