"""Say how far an attempt is."""

from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_store.domain.lifecycle import check_step
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Database, UnitOfWork
from autopack_store.usecases.lookup import advance, open_attempt
from autopack_store.usecases.mutation import mutate


def advance_attempt(database: Database, request_id: str, ref: AttemptRef, state: AttemptState) -> Answer:
    """Advance it; the state that it has already is fine.

    Raises InvalidValue, NotFound, RunEnded, AttemptEnded, FailedPrecondition, RequestReused.
    """
    request = Request.of("AdvanceAttempt", request_id, ref, check_step(state))

    def work(store: UnitOfWork) -> str:
        advance(store, open_attempt(store, ref), state)
        return state.label

    return mutate(database, request, work)
