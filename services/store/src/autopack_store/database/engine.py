"""The engine: how connections behave, whatever the database."""

import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from autopack_store.database.faults import translated
from autopack_store.database.mode import OPTION, Mode, mode_of
from autopack_store.database.postgresql import DRIVERS, FORM, SECRETS, postgresql_engine
from autopack_store.errors import ConfigurationError, StorageError

BUSY_SECONDS = 30
FILE_MODE = 0o600
SQLITE_FORM = "sqlite:////absolute/path/to/file"
FORMS = f"{SQLITE_FORM} or {FORM}"


def open_engine(url: str | URL) -> Engine:
    """The engine of the database at ``url``: ``sqlite:////absolute/path`` or ``postgresql://user@host:5432/name``
    (``postgresql+psycopg://`` is the same). Nothing is opened or created yet.

    Raises ConfigurationError for any other kind of address.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        # What is not an address may hold a password all the same.
        raise ConfigurationError(
            f"the database's address ({str(url).partition(':')[0][:40]!r}...) cannot be read; expected {FORMS}",
            subject="database",
        ) from error
    if parsed.drivername in DRIVERS:
        return postgresql_engine(parsed)
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigurationError(
            f"{parsed.drivername!r} databases are not supported; use {FORMS}",
            subject="database",
        )
    if not parsed.database or not parsed.database.startswith("/") or parsed.query:
        raise ConfigurationError(
            f"{str(url)[:200]!r} has no absolute path; use {SQLITE_FORM} (four slashes); a relative one would depend "
            "on the working directory",
            subject="database",
        )
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, pool_size=16, max_overflow=16)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def file_url(path: Path) -> URL:
    """The address of the SQLite file at the absolute ``path``, whatever characters it holds."""
    return URL.create("sqlite", database=str(path))


def is_sqlite(engine: Engine) -> bool:
    """Whether the database is a SQLite file; otherwise it is on a PostgreSQL server."""
    return engine.dialect.name == "sqlite"


def reading(engine: Engine) -> Engine:
    """``engine`` for transactions that only read: all that one of them reads belongs together."""
    return engine.execution_options(**{OPTION: Mode.READING})


def writing(engine: Engine) -> Engine:
    """``engine`` for transactions that write.

    On SQLite they take the write lock at their start, so that they wait for each other instead of failing when a read
    is followed by a write. On PostgreSQL they wait for each other at the rows that they lock.
    """
    return engine.execution_options(**{OPTION: Mode.WRITING})


def label(engine: Engine) -> str:
    """The database's address for messages, without a password."""
    url = engine.url
    hidden = {name: "***" for name in SECRETS if name in url.query}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


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
    connection.exec_driver_sql("BEGIN IMMEDIATE" if mode_of(connection) is Mode.WRITING else "BEGIN")
