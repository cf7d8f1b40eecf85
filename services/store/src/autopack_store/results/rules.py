"""What builders and auditors may say of an attempt, once each."""

from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult, RecordedAuditorResult
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult, BuilderStatus, RecordedBuilderResult
from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.errors import InvalidValue
from autopack_model.file_path import outside
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import RunSpec
from autopack_store.digesting import verified
from autopack_store.errors import AlreadyRecorded, NotFound
from autopack_store.requests import Answer, Request
from autopack_store.runs.lookup import advance, check_same_attempt, known_run, open_attempt
from autopack_store.unit_of_work import Clock, Database, UnitOfWork, mutate


def record_builder_result(
    database: Database, clock: Clock, request_id: str, ref: AttemptRef, digest: str, result: BuilderResult
) -> Answer:
    """Record ``result``, which must come to ``digest``; the same again is fine. The answer is its digest.

    Raises InvalidValue, NotFound, RunEnded, AttemptEnded, AlreadyRecorded, FailedPrecondition, RequestReused.
    """
    check_same_attempt(ref, result.attempt)
    verified(builder_result_digest, result, digest, "start.result_digest")

    def work(store: UnitOfWork) -> str:
        attempt = open_attempt(store, ref)
        if _is_new(ref, "builder", attempt.builder_result_digest, digest):
            advance(store, attempt, AttemptState.BUILDING)
            _check_allowed(known_run(store, ref.run_id).spec, result)
            store.results.add_builder(result, digest, clock())
        return digest

    return mutate(database, Request.of("RecordBuilderResult", request_id, ref, digest), work)


def record_auditor_result(
    database: Database, clock: Clock, request_id: str, ref: AttemptRef, digest: str, result: AuditorResult
) -> Answer:
    """As ``record_builder_result``, of what an auditor says."""
    check_same_attempt(ref, result.attempt)
    verified(auditor_result_digest, result, digest, "start.result_digest")

    def work(store: UnitOfWork) -> str:
        attempt = open_attempt(store, ref)
        if _is_new(ref, "auditor", attempt.auditor_result_digest, digest):
            advance(store, attempt, AttemptState.AUDITING)
            store.results.add_auditor(result, digest, clock())
        return digest

    return mutate(database, Request.of("RecordAuditorResult", request_id, ref, digest), work)


def get_builder_result(database: Database, ref: AttemptRef) -> RecordedBuilderResult:
    """The result, with the run's type and allowed paths as the store holds them. Raises NotFound, DataLoss."""
    with database.read() as store:
        spec = known_run(store, ref.run_id).spec
        stored = store.results.builder(ref)
    if stored is None:
        raise NotFound(f"no builder result was recorded for {ref}", subject=str(ref))
    return RecordedBuilderResult(
        result=stored.result,
        result_digest=stored.result_digest,
        run_type=spec.run_type,
        allowed_paths=spec.allowed_paths,
        recorded_at_ms=stored.recorded_at_ms,
    )


def get_auditor_result(database: Database, ref: AttemptRef) -> RecordedAuditorResult:
    """The result. Raises NotFound, DataLoss."""
    with database.read() as store:
        known_run(store, ref.run_id)
        recorded = store.results.auditor(ref)
    if recorded is None:
        raise NotFound(f"no auditor result was recorded for {ref}", subject=str(ref))
    return recorded


def _is_new(ref: AttemptRef, role: str, recorded: str | None, digest: str) -> bool:
    """Whether nothing was recorded yet; False for the same again. Raises AlreadyRecorded for something else."""
    if recorded is not None and recorded != digest:
        raise AlreadyRecorded(
            f"attempt {ref} has another {role} result, {recorded}; start a new attempt", subject=str(ref)
        )
    return recorded is None


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
