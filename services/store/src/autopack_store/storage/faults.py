"""What a database says when it cannot, as errors of the store."""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from autopack_store.domain.errors import DataLoss, StorageError, StorageFull, StoreError


@contextlib.contextmanager
def translated(database: str) -> Iterator[None]:
    """Turn what the driver raises inside the block into StorageFull, StorageError or DataLoss about ``database``.

    Whatever says nothing about the state of the database (a violated constraint, a wrong statement) passes unchanged.
    """
    try:
        yield
    except DBAPIError as error:
        translation = _sqlite_fault(error.orig, database)
        if translation is None:
            raise
        raise translation from error
    except sqlite3.Error as error:
        translation = _sqlite_fault(error, database)
        if translation is None:
            raise
        raise translation from error


def _sqlite_fault(error: BaseException | None, database: str) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return None
    # The low byte is the kind, the rest says more.
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StorageFull(
                f"{database}: the disk is full, nothing was written; free some space and try again", subject=database
            )
        case sqlite3.SQLITE_READONLY:
            return StorageFull(
                f"{database}: the database is read-only, nothing was written; make the file and its folder writable",
                subject=database,
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageError(f"{database}: another process kept the database locked; try again", subject=database)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StorageError(
                f"{database}: cannot be opened, read or written ({error}); check the file, its folder and the disk",
                subject=database,
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return DataLoss(
                f"{database}: is damaged or no SQLite database ({error}); restore it from a backup", subject=database
            )
        case _:
            return None
