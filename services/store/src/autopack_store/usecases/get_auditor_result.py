"""Look up what an auditor said of an attempt."""

from autopack_model.auditor_result.value import RecordedAuditorResult
from autopack_model.identity.value import AttemptRef
from autopack_store.domain.errors import NotFound
from autopack_store.ports import Database
from autopack_store.usecases.lookup import known_run


def get_auditor_result(database: Database, ref: AttemptRef) -> RecordedAuditorResult:
    """The result. Raises NotFound, DataLoss."""
    with database.read() as store:
        known_run(store, ref.run_id)
        recorded = store.results.auditor(ref)
    if recorded is None:
        raise NotFound(f"no auditor result was recorded for {ref}", subject=str(ref))
    return recorded
