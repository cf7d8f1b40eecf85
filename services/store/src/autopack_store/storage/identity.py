"""What tells one database from every other, so that services that look at different ones are found out."""

from sqlalchemy import Engine, select

from autopack_store.domain.errors import DataLoss
from autopack_store.storage.engine import label, reading
from autopack_store.storage.faults import translated
from autopack_store.storage.schema import database_identity as table


def database_identity(engine: Engine) -> str:
    """The identity of the database, a UUID that the migrations gave it; copies and restored backups keep it.

    Raises StorageError, and DataLoss when there is not exactly one.
    """
    database = label(engine)
    with translated(database), reading(engine).begin() as connection:
        found = connection.scalars(select(table.c.identity)).all()
    if len(found) != 1:
        raise DataLoss(
            f"{database}: has {len(found)} identities instead of one; restore it from a backup", subject=database
        )
    return str(found[0])
