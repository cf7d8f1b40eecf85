"""End a run."""

from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt, RunState
from autopack_store.domain.ending import Ending, check_ending
from autopack_store.domain.lifecycle import state_at_end
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Clock, Database, UnitOfWork
from autopack_store.usecases.lookup import check_decision, known_run
from autopack_store.usecases.mutation import mutate


def finish_run(database: Database, clock: Clock, request_id: str, run_id: str, ending: Ending) -> Answer:
    """End it; ending it just so again is fine. Raises NotFound, RunEnded, FailedPrecondition, DataLoss,
    RequestReused.
    """
    request = Request.of("FinishRun", request_id, run_id, ending)

    def work(store: UnitOfWork) -> str:
        run = known_run(store, run_id)
        if check_ending(run, ending):
            for attempt in run.attempts:
                _end(store, attempt, ending)
            store.runs.finish(run_id, ending, max(clock(), run.created_at_ms))
        return "ended"

    return mutate(database, request, work)


def _end(store: UnitOfWork, attempt: Attempt, ending: Ending) -> None:
    if ending.state is RunState.DECIDED:
        check_decision(store, attempt)
    if not attempt.state.final:
        store.runs.advance(attempt.ref, _ENDINGS.get(ending.state) or state_at_end(attempt))


_ENDINGS = {RunState.FAILED: AttemptState.FAILED, RunState.CANCELLED: AttemptState.CANCELLED}
