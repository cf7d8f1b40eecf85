"""Cancel a run."""

from autopack_executor.ports import RunStore
from autopack_executor.usecases.active_runs import ActiveRuns
from autopack_results.run import Run


def cancel_run(active: ActiveRuns, store: RunStore, run_id: str, wait_s: float) -> Run:
    """Cancel the run and return it as it is once it has cleaned up, or after ``wait_s`` seconds.

    A run that has ended, or that another process executes, stays as it is. Raises UnknownRun,
    and ExecutorError when the run's end could not be recorded.
    """
    run = active.get(run_id)
    if run is not None:
        run.cancel.set()
        run.ended.wait(wait_s)
        if run.problem is not None:
            raise run.problem
    return store.run(run_id)
