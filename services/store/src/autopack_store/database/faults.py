"""What a database says when it cannot, as errors of the store."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from autopack_store.errors import DataLoss, StorageError, StorageExhausted, StoreError


@contextlib.contextmanager
def translated(database: str) -> Iterator[None]:
    """Turn what the driver raises inside the block into StorageExhausted, StorageError or DataLoss about ``database``.

    Whatever says nothing about the state of the database (a violated constraint, a wrong statement) passes unchanged.
    """
    try:
        yield
    except PoolExhausted as error:
        raise StorageError(
            f"{database}: all connections of this store are busy; try again", subject=database
        ) from error
    except DBAPIError as error:
        translation = _fault(error.orig, database)
        if translation is None:
            raise
        raise translation from error
    except json.JSONDecodeError as error:
        raise DataLoss(
            f"{database}: a row holds something else than the JSON that belongs there ({error}); have "
            "'autopack-store verify' name it, and restore the database from a backup",
            subject=database,
        ) from error
    except sqlite3.Error as error:
        translation = _fault(error, database)
        if translation is None:
            raise
        raise translation from error


def _fault(error: BaseException | None, database: str) -> StoreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _sqlite_fault(code, str(error), database)
    # psycopg is not imported to ask whether it raised this: only its errors have this attribute.
    if error is not None and hasattr(error, "sqlstate"):
        state = error.sqlstate
        said = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
        return _postgresql_fault(state if isinstance(state, str) else "", said, database)
    return None


def _sqlite_fault(code: int, said: str, database: str) -> StoreError | None:
    # The low byte is the kind, the rest says more.
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StorageExhausted(
                f"{database}: the disk is full, nothing was written; free some space and try again", subject=database
            )
        case sqlite3.SQLITE_READONLY:
            return StorageExhausted(
                f"{database}: the database is read-only, nothing was written; make the file and its folder writable",
                subject=database,
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageError(f"{database}: another process kept the database locked; try again", subject=database)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StorageError(
                f"{database}: cannot be opened, read or written ({said}); check the file, its folder and the disk",
                subject=database,
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return DataLoss(
                f"{database}: is damaged or no SQLite database ({said}); restore it from a backup", subject=database
            )
        case _:
            return None


def _postgresql_fault(state: str, said: str, database: str) -> StoreError | None:
    """``state`` is the SQLSTATE: two characters for the class, three that say more; empty when the server did not say
    it, because it could not be reached or refused the connection.
    """
    match state[:2], state[2:]:
        case "53", "100":
            return StorageExhausted(
                f"{database}: the disk is full, nothing was written; free some space and try again", subject=database
            )
        case "25", "006":
            return StorageExhausted(
                f"{database}: the database is read-only, nothing was written; use the primary server, and a role that "
                "may write",
                subject=database,
            )
        case "53", _:
            return StorageError(f"{database}: the server has no more to give ({said}); try again", subject=database)
        case "40", _:
            return StorageError(
                f"{database}: lost against a concurrent transaction ({said}), nothing was written; try again",
                subject=database,
            )
        case "23", "503":
            # What is referred to was there when it was looked for.
            return StorageError(
                f"{database}: something that this refers to was removed meanwhile ({said}), nothing was written; try "
                "again",
                subject=database,
            )
        case "55", "P03":
            return StorageError(f"{database}: another process kept it locked ({said}); try again", subject=database)
        case "57", "014":
            return StorageError(
                f"{database}: took too long and was given up ({said}), nothing was written; try again", subject=database
            )
        case ("" | "08" | "57", _) | ("25", "P03" | "P04"):
            # Whether a commit got through is not known then; the request log tells when it comes again.
            return StorageError(
                f"{database}: cannot be reached, or the connection was lost ({said}); check that it runs, its address "
                "and the password, then repeat the call with the same request id",
                subject=database,
            )
        case ("28" | "3D" | "3F", _) | ("42", "501"):
            return StorageError(
                f"{database}: does not let this role work ({said}); grant it the rights to the store's tables",
                subject=database,
            )
        case "58", _:
            return StorageError(
                f"{database}: the server cannot read or write its files ({said}); check its disk", subject=database
            )
        case "XX", "001" | "002":
            return DataLoss(f"{database}: is damaged ({said}); restore it from a backup", subject=database)
        case _:
            return None
