"""Doing a mutation once, however often it is asked for."""

from collections.abc import Callable

from autopack_store.domain.request import Answer, Request
from autopack_store.ports import Database, UnitOfWork


def mutate(database: Database, request: Request, work: Callable[[UnitOfWork], str]) -> Answer:
    """Do ``work`` in one unit of work and keep its answer with the request; asked again, give that answer.

    When ``work`` raises, nothing is kept, the request included. Raises RequestReused, and what ``work`` raises.
    """
    with database.write() as store:
        first = store.requests.claim(request)
        if first is not None:
            return Answer(text=first, replayed=True)
        text = work(store)
        store.requests.settle(request, text)
        return Answer(text=text, replayed=False)
