"""End a run."""

from autopack_results.attempt_state import AttemptState
from autopack_results.run import Attempt, RunState
from autopack_store.domain.ending import Ending, check_ending
from autopack_store.domain.lifecycle import state_at_end
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Clock, Database, UnitOfWork
from autopack_store.usecases.lookup import known_run
from autopack_store.usecases.mutation import mutate


def finish_run(database: Database, clock: Clock, request_id: str, run_id: str, ending: Ending) -> Answer:
    """End it; ending it just so again is fine. Raises NotFound, RunEnded, FailedPrecondition, RequestReused."""
    request = Request.of("FinishRun", request_id, run_id, ending)

    def work(store: UnitOfWork) -> str:
        run = known_run(store, run_id)
        if check_ending(run, ending):
            for attempt in run.attempts:
                if not attempt.state.final:
                    store.runs.advance(attempt.ref, _state_at_end(attempt, ending))
            store.runs.finish(run_id, ending, max(clock(), run.created_at_ms))
        return "ended"

    return mutate(database, request, work)


def _state_at_end(attempt: Attempt, ending: Ending) -> AttemptState:
    match ending.state:
        case RunState.FAILED:
            return AttemptState.FAILED
        case RunState.CANCELLED:
            return AttemptState.CANCELLED
        case _:
            return state_at_end(attempt)
