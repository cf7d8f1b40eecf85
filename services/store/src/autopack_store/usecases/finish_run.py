"""End a run."""

from autopack_store.domain.ending import Ending, check_ending
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
            store.runs.finish(run_id, ending, max(clock(), run.created_at_ms))
        return "ended"

    return mutate(database, request, work)
