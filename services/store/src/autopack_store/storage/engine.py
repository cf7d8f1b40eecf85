"""The engine: how connections behave, whatever the database."""

import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from autopack_store.domain.errors import ConfigurationError, StorageError
from autopack_store.storage.faults import translated

BUSY_SECONDS = 30
FILE_MODE = 0o600

_WRITES = "autopack_writes"


def open_engine(url: str | URL) -> Engine:
    """The engine of the database at ``url``: ``sqlite:////absolute/path``. Nothing is opened or created yet.

    Raises ConfigurationError for any other kind of address.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            f"{str(url)[:80]!r} is not a database address; expected sqlite:////absolute/path/to/file",
            subject="database",
        ) from error
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigurationError(
            f"{parsed.drivername!r} databases are not supported; use sqlite:////absolute/path/to/file",
            subject="database",
        )
    if not parsed.database or not parsed.database.startswith("/") or parsed.query:
        raise ConfigurationError(
            f"{str(url)[:200]!r} has no absolute path; use sqlite:////absolute/path/to/file (four slashes); a "
            "relative one would depend on the working directory",
            subject="database",
        )
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, pool_size=16, max_overflow=16)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def file_url(path: Path) -> URL:
    """The address of the SQLite file at the absolute ``path``, whatever characters it holds."""
    return URL.create("sqlite", database=str(path))


def writing(engine: Engine) -> Engine:
    """``engine`` for transactions that write: they take SQLite's write lock at their start, so that they wait for each
    other instead of failing when a read is followed by a write.
    """
    return engine.execution_options(**{_WRITES: True})


def label(engine: Engine) -> str:
    """The database's address for messages, without a password."""
    return engine.url.render_as_string(hide_password=True)


def sqlite_path(engine: Engine) -> Path:
    """The file of a SQLite database."""
    return Path(str(engine.url.database))


def create_file(engine: Engine) -> None:
    """Make the empty file of a SQLite database, with FILE_MODE, unless there is one, and switch it to WAL.

    Only one process at a time may do this. Raises StorageError.
    """
    path = sqlite_path(engine)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be created or opened for writing ({error.strerror}); check its folder", subject=str(path)
        ) from error
    with translated(label(engine)):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
        finally:
            connection.close()


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own BEGINs are off: SQLAlchemy's "begin" event emits them (its documented recipe).
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
