"""Cancel a run."""

import threading
from dataclasses import dataclass, field

from autopack_executor.ports import RunStore
from autopack_executor.usecases.active_runs import ActiveRuns
from autopack_executor.usecases.request_memory import RequestMemory
from autopack_results.run import Run


@dataclass(slots=True, kw_only=True)
class CancelRun:
    """The use case. Cancelling twice is cancelling once, so a repetition is known, but does no less."""

    active: ActiveRuns
    store: RunStore
    requests: RequestMemory
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request_id: str, run_id: str, wait_s: float) -> tuple[Run, bool]:
        """Cancel the run; returns it as it is once it has cleaned up, or after ``wait_s`` seconds, and whether the
        same request came before.

        A run that has ended, or that another process executes, stays as it is. Raises UnknownRun, InvalidValue for a
        request id that came with another request, and ExecutorError when the run's end could not be recorded.
        """
        with self._guard:
            replayed = self.requests.first(request_id, "CancelRun", run_id) is not None
            if not replayed:
                self.requests.keep(request_id, "CancelRun", run_id, run_id)
        return _cancelled(self.active, self.store, run_id, wait_s), replayed


def _cancelled(active: ActiveRuns, store: RunStore, run_id: str, wait_s: float) -> Run:
    run = active.get(run_id)
    if run is not None:
        run.cancel.set()
        run.ended.wait(wait_s)
        if run.problem is not None:
            raise run.problem
    return store.run(run_id)
