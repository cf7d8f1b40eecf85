"""Inserting a row unless its key is taken, the same on every database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import sqlite


def insert_new(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert ``row`` unless its primary key is taken; returns whether it was inserted.

    A transaction that inserts the same key is waited for; when it is kept, the next statement sees its row.
    """
    statement = _unless_taken(connection, table).values(row).execution_options(preserve_rowcount=True)
    return connection.execute(statement).rowcount == 1


def insert_all_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert those ``rows``, at least one, whose primary key is not taken."""
    connection.execute(_unless_taken(connection, table), list(rows))


def _unless_taken(connection: Connection, table: Table) -> Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    # Here, because the embedded store, which is on SQLite, starts without PostgreSQL's dialect.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table).on_conflict_do_nothing()
