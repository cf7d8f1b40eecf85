"""Mutations are done once: the same request id with the same body gives the first answer again."""

import dataclasses
import enum
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from autopack_model.canonical import Json
from autopack_model.digest import digest_document
from autopack_store.database.insertion import insert_new
from autopack_store.errors import RequestReused
from autopack_store.schema.tables.upkeep import request as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One mutation: its id, its RPC, and the digest of everything else that it says."""

    request_id: str
    method: str
    fingerprint: str

    @staticmethod
    def of(method: str, request_id: str, *body: object) -> "Request":
        """The request ``request_id`` of ``method`` with ``body``: dataclasses, enums, tuples and plain values."""
        fingerprint = digest_document([method, *(_document(part) for part in body)])
        return Request(request_id=request_id, method=method, fingerprint=fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a mutation came to, as one word or digest; ``replayed`` when it is the first answer given again."""

    text: str
    replayed: bool


class RequestLog:
    """The mutations that were done, one row each. A row is inserted before the work, so that a concurrent twin waits
    for it.
    """

    def __init__(self, connection: Connection, clock: Callable[[], int]) -> None:
        self._connection = connection
        self._clock = clock

    def claim(self, request: Request) -> str | None:
        """None when the request is new, and then it is taken until the end of the transaction; else its first answer.

        Raises RequestReused when the id came with another body.
        """
        row = {
            "request_id": request.request_id,
            "method": request.method,
            "fingerprint": request.fingerprint,
            "answer": None,
            "created_at_ms": self._clock(),
        }
        return None if insert_new(self._connection, table, row) else self.answer(request)

    def answer(self, request: Request) -> str | None:
        """The first answer to a request that was done; None when it is new. Raises RequestReused as ``claim``."""
        found = self._connection.execute(
            select(table.c.method, table.c.fingerprint, table.c.answer).where(table.c.request_id == request.request_id)
        ).one_or_none()
        if found is None:
            return None
        if found.fingerprint != request.fingerprint:
            raise RequestReused(request.request_id, found.method)
        return str(found.answer)

    def settle(self, request: Request, answer: str) -> None:
        """Keep the answer of a claimed request."""
        self._connection.execute(update(table).where(table.c.request_id == request.request_id).values(answer=answer))


def _document(value: object) -> Json:
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, tuple):
        return [_document(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _document(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} cannot be part of a request's fingerprint")
