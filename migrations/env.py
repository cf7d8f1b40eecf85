"""How Alembic runs the store's migrations: on the connection that it is handed, inside its transaction.

For writing migrations there is ``-x database=URL`` instead (see ``alembic.ini``).
"""

from alembic import context
from sqlalchemy import Connection

from autopack_store.database.engine import open_engine, writing
from autopack_store.schema.revision import VERSION_TABLE
from autopack_store.schema.tables.metadata import metadata


def run_on(connection: Connection) -> None:
    """Run what Alembic was asked for on ``connection``."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        # The engine emits BEGIN itself, so that DDL is transactional on SQLite too.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    """Find the connection and run."""
    connection = context.config.attributes.get("connection")
    if isinstance(connection, Connection):
        run_on(connection)
        return
    url = context.get_x_argument(as_dictionary=True).get("database")
    if not isinstance(url, str):
        raise SystemExit("give the database to work on: alembic -x database=sqlite:////absolute/path ...")
    with writing(open_engine(url)).begin() as opened:
        run_on(opened)


run()
