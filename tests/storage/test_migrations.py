"""The chain of migrations, the constants about it, and the tables that queries are written against."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from autopack_store.storage.migrations import chain_folder, configuration
from autopack_store.storage.revision import REVISIONS
from autopack_store.storage.schema import metadata


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
    with engine.connect() as connection:
        found = {
            table: statement
            for table, statement in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type='table'")
            if table in metadata.tables
        }
    assert sorted(metadata.tables) == sorted(found)
    for table, statement in found.items():
        assert f"CONSTRAINT pk_{table} PRIMARY KEY" in statement
        assert statement.count("FOREIGN KEY") == statement.count("CONSTRAINT fk_")
