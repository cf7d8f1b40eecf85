"""Watch a run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.ports.services import Store
from autopack_model.progress.value import Progress
from autopack_model.run.value import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The bytes of the report that the executor wrote as ``result.json``."""

    document: bytes


def watch_run(
    active: ActiveRuns, store: Store, run_id: str, alive: Callable[[], bool], clock_ms: Callable[[], int]
) -> Iterator[tuple[Progress, int] | Report | Run]:
    """Progress as it comes, with the milliseconds since the run's start; the report, where there is one; at last the
    run. ``alive`` says whether somebody still listens.

    A run that this process does not execute is returned as the store knows it. Raises UnknownRun, and AutopackError
    when the run's end could not be recorded.
    """
    executing = active.get(run_id)
    if executing is None:
        yield store.run(run_id)
        return
    for progress in executing.watch(alive):
        yield progress, max(0, clock_ms() - executing.started_at_ms)
    outcome = executing.outcome
    if outcome is not None and outcome.problem is not None:
        raise outcome.problem
    if outcome is None or outcome.run is None:
        if executing.ended.is_set():
            yield store.run(run_id)  # the run's thread broke down
        return
    if outcome.report:
        yield Report(document=outcome.report)
    yield outcome.run
