"""Look up what a builder said of an attempt."""

from autopack_model.builder_result.value import RecordedBuilderResult
from autopack_model.identity.value import AttemptRef
from autopack_store.domain.errors import NotFound
from autopack_store.ports import Database
from autopack_store.usecases.lookup import known_run


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
