"""Conclude a decided attempt."""

from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from autopack_store.domain.lifecycle import check_conclusion, must_conclude
from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Database, UnitOfWork
from autopack_store.usecases.lookup import check_decision, known_attempt, recommendation
from autopack_store.usecases.mutation import mutate


def conclude_attempt(database: Database, request_id: str, ref: AttemptRef, state: AttemptState) -> Answer:
    """Conclude it as ``state``, which must be what its decision and its auditor come to; just so again is fine.

    Raises InvalidValue, NotFound, RunEnded, AttemptEnded, WrongConclusion, FailedPrecondition, DataLoss,
    RequestReused.
    """
    request = Request.of("ConcludeAttempt", request_id, ref, check_conclusion(state))

    def work(store: UnitOfWork) -> str:
        attempt = known_attempt(store, ref)
        check_decision(store, attempt)
        if must_conclude(attempt, recommendation(store, ref), state):
            store.runs.advance(ref, state)
        return state.label

    return mutate(database, request, work)
