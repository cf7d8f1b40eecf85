"""Watch a run."""

from collections.abc import Callable, Iterator

from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.ports import RunStore
from autopack_model.progress.value import Progress
from autopack_model.run.value import Run


def watch_run(active: ActiveRuns, store: RunStore, run_id: str, alive: Callable[[], bool]) -> Iterator[Progress | Run]:
    """Progress as it comes, and at last the run. ``alive`` says whether somebody still listens.

    A run that this process does not execute is returned as the store knows it. Raises UnknownRun, and ExecutorError
    when the run's end could not be recorded.
    """
    run = active.get(run_id)
    if run is not None:
        yield from run.watch(alive)
        if run.problem is not None:
            raise run.problem
    yield store.run(run_id)
