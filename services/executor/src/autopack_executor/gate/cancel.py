"""Cancel a run."""

from dataclasses import dataclass

from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.ports import Store
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
        request id that came with another request, and ExecutorError when the run's end could not be recorded.
        """
        run = self.active.get(run_id)

        def known() -> str:
            if run is None:
                self.store.run(run_id)  # raises UnknownRun: what names no run is no request to remember
            return run_id

        _, replayed = self.requests.once(request_id, "CancelRun", run_id, known)
        if run is None:
            return self.store.run(run_id), replayed
        run.cancel.set()
        run.ended.wait(wait_s)
        outcome = run.outcome
        if outcome is not None and outcome.problem is not None:
            raise outcome.problem
        ended = None if outcome is None else outcome.run
        return ended or self.store.run(run_id), replayed
