"""Units of work as transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from autopack_store.ports import Clock
from autopack_store.storage.baselines import SqlBaselineStore
from autopack_store.storage.changed_files import SqlChangedFilesStore
from autopack_store.storage.decisions import SqlDecisionStore
from autopack_store.storage.engine import label, reading, writing
from autopack_store.storage.evidence import SqlEvidenceStore
from autopack_store.storage.faults import translated
from autopack_store.storage.history import SqlHistory
from autopack_store.storage.requests import SqlRequestLog
from autopack_store.storage.results import SqlResultStore
from autopack_store.storage.runs import SqlRunStore
from autopack_store.storage.uploads import SqlUploadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlUnitOfWork:
    """Everything that one transaction sees and changes."""

    runs: SqlRunStore
    evidence: SqlEvidenceStore
    baselines: SqlBaselineStore
    changed_files: SqlChangedFilesStore
    decisions: SqlDecisionStore
    results: SqlResultStore
    history: SqlHistory
    uploads: SqlUploadStore
    requests: SqlRequestLog


class SqlDatabase:
    """One transaction per unit of work; a writing one holds SQLite's write lock from its start."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._reader = reading(engine)
        self._writer = writing(engine)
        self._clock = clock

    @contextmanager
    def read(self) -> Iterator[SqlUnitOfWork]:
        """See ``Database``."""
        with translated(label(self._reader)), self._reader.begin() as connection:
            yield self._unit_of_work(connection, writes=False)

    @contextmanager
    def write(self) -> Iterator[SqlUnitOfWork]:
        """See ``Database``."""
        with translated(label(self._writer)), self._writer.begin() as connection:
            yield self._unit_of_work(connection, writes=True)

    def _unit_of_work(self, connection: Connection, *, writes: bool) -> SqlUnitOfWork:
        return SqlUnitOfWork(
            runs=SqlRunStore(connection, locking=writes),
            evidence=SqlEvidenceStore(connection),
            baselines=SqlBaselineStore(connection),
            changed_files=SqlChangedFilesStore(connection),
            decisions=SqlDecisionStore(connection),
            results=SqlResultStore(connection),
            history=SqlHistory(connection),
            uploads=SqlUploadStore(connection),
            requests=SqlRequestLog(connection, self._clock),
        )
