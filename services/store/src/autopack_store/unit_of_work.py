"""Units of work: everything that one transaction sees and changes, and mutations that are done once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sqlalchemy import Connection, Engine

from autopack_store.baselines.sql import SqlBaselineStore
from autopack_store.database.engine import label, reading, writing
from autopack_store.database.faults import translated
from autopack_store.decisions.sql import SqlDecisionStore
from autopack_store.evidence.sql import SqlEvidenceStore
from autopack_store.evidence.uploads import SqlUploadStore
from autopack_store.history.sql import SqlHistory
from autopack_store.requests import Answer, Request, RequestLog
from autopack_store.results.sql import SqlResultStore
from autopack_store.runs.changed_files_sql import SqlChangedFilesStore
from autopack_store.runs.sql import SqlRunStore

Clock: TypeAlias = Callable[[], int]
"""The time: milliseconds since the epoch, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOfWork:
    """Everything that one transaction sees and changes."""

    runs: SqlRunStore
    evidence: SqlEvidenceStore
    baselines: SqlBaselineStore
    changed_files: SqlChangedFilesStore
    decisions: SqlDecisionStore
    results: SqlResultStore
    history: SqlHistory
    uploads: SqlUploadStore
    requests: RequestLog


class Database(Protocol):
    """Where units of work come from. Both raise StorageError and DataLoss."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """A consistent view."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """A mutation: kept as a whole at the end of the block, or, when it raises, not at all."""


class SqlDatabase:
    """One transaction per unit of work; a writing one holds SQLite's write lock from its start."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._reader = reading(engine)
        self._writer = writing(engine)
        self._clock = clock

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """See ``Database``."""
        with translated(label(self._reader)), self._reader.begin() as connection:
            yield self._unit_of_work(connection, writes=False)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """See ``Database``."""
        with translated(label(self._writer)), self._writer.begin() as connection:
            yield self._unit_of_work(connection, writes=True)

    def _unit_of_work(self, connection: Connection, *, writes: bool) -> UnitOfWork:
        return UnitOfWork(
            runs=SqlRunStore(connection, locking=writes),
            evidence=SqlEvidenceStore(connection),
            baselines=SqlBaselineStore(connection),
            changed_files=SqlChangedFilesStore(connection),
            decisions=SqlDecisionStore(connection),
            results=SqlResultStore(connection),
            history=SqlHistory(connection),
            uploads=SqlUploadStore(connection),
            requests=RequestLog(connection, self._clock),
        )


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
