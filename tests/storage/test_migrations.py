"""The chain of migrations, the constants about it, and the tables that queries are written against."""

import contextlib
import sqlite3
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    CheckConstraint,
    Engine,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    inspect,
    text,
)

from autopack_store.schema.columns import ExactText
from autopack_store.schema.migrations import chain_folder, configuration
from autopack_store.schema.revision import REVISIONS, VERSION_TABLE
from autopack_store.schema.tables.metadata import metadata
from tests.storage.databases import on_postgresql


def test_the_constants_are_the_chain() -> None:
    """The revisions that the store knows without loading Alembic are those of the chain, which has one head."""
    chain = ScriptDirectory.from_config(configuration(chain_folder()))
    assert list(REVISIONS) == [script.revision for script in reversed(list(chain.walk_revisions()))]
    assert [REVISIONS[-1]] == chain.get_heads()


def test_the_migrations_make_the_tables_of_the_schema(engine: Engine) -> None:
    """A migrated database has just the tables, columns, keys and indexes that the code declares."""
    with engine.connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


def test_every_constraint_follows_the_naming_convention(engine: Engine) -> None:
    """No constraint has a name that a database made up, so that later migrations can name it."""
    expected = {
        table.name: {
            str(constraint.name)
            for constraint in table.constraints
            if isinstance(constraint, CheckConstraint | PrimaryKeyConstraint | ForeignKeyConstraint | UniqueConstraint)
        }
        for table in metadata.tables.values()
    }
    with engine.connect() as connection:
        inspector = inspect(connection)
        found = {
            table: {inspector.get_pk_constraint(table)["name"]}
            | {constraint["name"] for constraint in inspector.get_foreign_keys(table)}
            | {constraint["name"] for constraint in inspector.get_unique_constraints(table)}
            | {constraint["name"] for constraint in inspector.get_check_constraints(table)}
            for table in metadata.tables
        }
    assert expected == found


@on_postgresql
def test_all_text_is_ordered_by_code_point(engine: Engine) -> None:
    """Every column of text has the collation C, so that listings have the same order on every database."""
    query = text(
        "SELECT table_name || '.' || column_name AS name, collation_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying', 'character') "
        "AND table_name <> :version"
    )
    with engine.connect() as connection:
        found = {row.name: row.collation_name for row in connection.execute(query, {"version": VERSION_TABLE})}
    expected = {
        f"{table.name}.{column.name}": "C"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String | ExactText)
    }
    assert expected == found


@on_postgresql
def test_both_databases_refuse_the_same(engine: Engine, migrated_file: Path) -> None:
    """Whatever SQLite has a trigger against, PostgreSQL has one against. What only one of them can be asked for has one
    there alone: to empty a table, and to replace a row.
    """
    query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname NOT LIKE '%refuses_truncate'"
    with engine.connect() as connection:
        found = set(connection.scalars(text(query)))
    with contextlib.closing(sqlite3.connect(migrated_file)) as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    expected = {name for name in names if not name.endswith("_refuses_replacement")}
    # Kept parts of uploads belong to nobody yet.
    kept = set(metadata.tables) - {"upload_chunk"}
    assert {f"{table}_refuses_replacement" for table in kept} == names - expected
    assert expected == found
