"""The log of mutations in SQL."""

from sqlalchemy import Connection, select, update

from autopack_store.domain.errors import RequestReused
from autopack_store.domain.request import Request
from autopack_store.ports import Clock
from autopack_store.storage.insertion import insert_new
from autopack_store.storage.schema import request as table


class SqlRequestLog:
    """Keeps one row per request id, inserted before the work, so that a concurrent twin waits for it."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def claim(self, request: Request) -> str | None:
        """See ``RequestLog``."""
        row = {
            "request_id": request.request_id,
            "method": request.method,
            "fingerprint": request.fingerprint,
            "answer": None,
            "created_at_ms": self._clock(),
        }
        if insert_new(self._connection, table, row):
            return None
        return self.answer(request)

    def answer(self, request: Request) -> str | None:
        """See ``RequestLog``."""
        found = self._connection.execute(
            select(table.c.method, table.c.fingerprint, table.c.answer).where(table.c.request_id == request.request_id)
        ).one_or_none()
        if found is None:
            return None
        if found.fingerprint != request.fingerprint:
            raise RequestReused(request.request_id, found.method)
        return str(found.answer)

    def settle(self, request: Request, answer: str) -> None:
        """See ``RequestLog``."""
        self._connection.execute(update(table).where(table.c.request_id == request.request_id).values(answer=answer))
