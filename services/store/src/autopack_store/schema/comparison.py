"""Whether a database's schema is the one that the migrations make, to the last trigger.

The migrations are run once more, in a place of its own that goes away again, and the two catalogues are compared. So
the database's own release says both definitions, and nothing has to be kept up to date by hand.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from autopack_store.schema.migrations import upgrade
from autopack_store.schema.revision import VERSION_TABLE
from autopack_store.schema.snapshot import column_names, differences, take_snapshot
from autopack_store.schema.tables.metadata import metadata


def schema_differences(connection: Connection, folder: Path, revision: str) -> tuple[str, ...]:
    """How the schema differs from that of ``revision``, a sentence each; the transaction is left as it was.

    On PostgreSQL this takes a transaction that writes, and the right to make a schema.
    """
    found = take_snapshot(connection)
    with _made(connection, folder, revision) as other:
        return differences(found, take_snapshot(other))


def model_differences(connection: Connection) -> tuple[str, ...]:
    """How the schema differs from the tables that this store's queries are written against, a sentence each."""
    options = {"compare_type": True, "version_table": VERSION_TABLE}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return tuple(sorted(" ".join(str(difference).split()) for difference in found))


def columns_of(folder: Path, revision: str) -> frozenset[str]:
    """The columns that a database of ``revision`` has, as ``table.column``; both kinds of databases have the same."""
    with _in_memory(folder, revision) as connection:
        return column_names(connection)


@contextmanager
def _made(connection: Connection, folder: Path, revision: str) -> Iterator[Connection]:
    if connection.dialect.name == "sqlite":
        with _in_memory(folder, revision) as other:
            yield other
        return
    # No committed schema has this name, and none ever gets it: the savepoint is always rolled back.
    name = f"autopack_check_{secrets.token_hex(8)}"
    savepoint = connection.begin_nested()
    try:
        connection.execute(text(f"CREATE SCHEMA {name}"))
        connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": name})
        upgrade(connection, folder, revision)
        yield connection
    finally:
        savepoint.rollback()


@contextmanager
def _in_memory(folder: Path, revision: str) -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            upgrade(connection, folder, revision)
            yield connection
    finally:
        engine.dispose()
