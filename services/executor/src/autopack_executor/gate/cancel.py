"""Cancel a run."""

from dataclasses import dataclass

from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.ports.services import Store
from autopack_executor.gate.request_memory import RequestMemory
from autopack_model.run.value import Run


@dataclass(slots=True, kw_only=True)
class CancelRun:
    """The use case. Cancelling twice is cancelling once, so a repetition is known, but does no less."""

    active: ActiveRuns
    store: Store
    requests: RequestMemory

    def __call__(self, request_id: str, run_id: str, wait_s: float) -> tuple[Run, bool]:
        """Cancel the run; returns it as it is once it has cleaned up, or after ``wait_s`` seconds, and whether the
        same request came before.

        A run that has ended, or that another process executes, stays as it is. Raises UnknownRun, InvalidValue for a
        request id that came with another request, and AutopackError when the run's end could not be recorded.
        """
        run = self.active.get(run_id)
        if run is None:
            found = self.store.run(run_id)  # raises UnknownRun: what names no run is not a request to remember
            return found, self._known(request_id, run_id)
        replayed = self._known(request_id, run_id)
        run.cancel.set()
        run.ended.wait(wait_s)
        outcome = run.outcome
        if outcome is not None and outcome.problem is not None:
            raise outcome.problem
        ended = None if outcome is None else outcome.run
        return ended or self.store.run(run_id), replayed

    def _known(self, request_id: str, run_id: str) -> bool:
        return self.requests.once(request_id, "CancelRun", run_id, lambda: run_id)[1]
