"""Running the migrations. Loaded only when there is something to migrate: Alembic takes a while to import."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from autopack_store.database.engine import FILE_MODE, create_file, is_sqlite, sqlite_path, writing
from autopack_store.database.postgresql import limit_migration, lock_migrations
from autopack_store.errors import ConfigurationError, StorageError

_INSTALLED = Path(__file__).parents[1] / "_migrations"
_SOURCE_TREE = Path(__file__).parents[5] / "migrations"


def chain_folder() -> Path:
    """The folder of the migrations: inside the installed package, or at the top of the source tree.

    Raises ConfigurationError when it is in neither place.
    """
    for folder in (_INSTALLED, _SOURCE_TREE):
        if (folder / "env.py").is_file():
            return folder
    raise ConfigurationError(
        f"the migrations are neither in {_INSTALLED} nor in {_SOURCE_TREE}; install autopack-store again",
        subject="migrations",
    )


def configuration(folder: Path) -> Config:
    """Alembic's configuration for the chain in ``folder``."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def module_of(folder: Path, revision: str) -> ModuleType:
    """The migration that makes ``revision``."""
    return ScriptDirectory.from_config(configuration(folder)).get_revision(revision).module


def upgrade(connection: Connection, folder: Path, revision: str) -> None:
    """Upgrade to ``revision`` inside the transaction of ``connection``: all of it or nothing."""
    command.upgrade(_on(connection, folder), revision)


def downgrade(connection: Connection, folder: Path, revision: str) -> None:
    """Downgrade to ``revision`` inside the transaction of ``connection``: all of it or nothing."""
    command.downgrade(_on(connection, folder), revision)


def stamp(connection: Connection, folder: Path, revision: str) -> None:
    """Write down inside the transaction of ``connection`` that the database has ``revision``."""
    command.stamp(_on(connection, folder), revision)


@contextmanager
def exclusive(engine: Engine) -> Iterator[Connection]:
    """A connection for migrating the database, beside which no other process migrates it; each migration takes a
    ``step`` of its own on it. Raises StorageError.

    SQLite: the file is made when there is none, and there is a lock on the file ``<database>.lock``, which stays.
    (Locking the database's own file would interfere with SQLite's locks: closing any descriptor of it drops them all.)
    PostgreSQL: an advisory lock, which ends with the connection.
    """
    if is_sqlite(engine):
        with _locked_file(sqlite_path(engine)):
            create_file(engine)
            with writing(engine).connect() as connection:
                yield connection
    else:
        with writing(engine).connect() as connection:
            # Closed at the end instead of returned to the pool: nothing of it is left, whatever happens.
            connection.detach()
            lock_migrations(connection)
            yield connection


@contextmanager
def step(connection: Connection) -> Iterator[Connection]:
    """The transaction of one migration on a connection of ``exclusive``, with time limits on PostgreSQL."""
    with connection.begin():
        if connection.dialect.name != "sqlite":
            limit_migration(connection)
        yield connection


def _on(connection: Connection, folder: Path) -> Config:
    config = configuration(folder)
    config.attributes["connection"] = connection
    return config


@contextmanager
def _locked_file(database: Path) -> Iterator[None]:
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be created ({error.strerror}); check the folder of the database", subject=str(path)
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
