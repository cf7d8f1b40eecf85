"""Record the end of a run whose executor was killed or could not do it."""

from autopack_clients.errors import ExecutorLost, UnknownRun
from autopack_executor.gate.ports.services import Store
from autopack_model.run.value import RunFailure, RunState


def record_abandoned(store: Store, run_id: str) -> None:
    """Record that the run has failed, unless it had ended before or was never recorded. Raises StoreUnavailable."""
    try:
        run = store.run(run_id)
    except UnknownRun:
        return
    if not run.ended:
        failure = RunFailure(
            code=ExecutorLost.reason,
            message=f"the executor of run {run_id} was killed, or could not record the run's end; gate again under "
            "another run id",
        )
        store.finish(run_id, RunState.FAILED, failure)
