"""Whether a store that runs can go on: its database answers, and holds the schema that the store works with."""

import structlog
from sqlalchemy import Engine, select

from autopack_store.database.engine import label, reading
from autopack_store.database.faults import translated
from autopack_store.errors import DataLoss, StoreError
from autopack_store.schema.inspection import Chain, SchemaState, inspect_schema, refusal
from autopack_store.schema.tables.upkeep import database_identity as table


class DatabaseReadiness:
    """Looks at the database of ``engine``, and keeps the identity that it found at the last look."""

    def __init__(self, engine: Engine, chain: Chain, *, domain: str) -> None:
        self._engine = engine
        self._chain = chain
        self._log = structlog.get_logger(domain)
        self._warned = False
        self._identity: str | None = None

    @property
    def identity(self) -> str | None:
        """The identity of the database; None when it did not answer."""
        return self._identity

    def problem(self) -> str | None:
        """Look: why the store cannot work on its database now, None when it can."""
        self._identity = None
        try:
            finding = inspect_schema(self._engine, self._chain)
            if finding.state not in (SchemaState.CURRENT, SchemaState.NEWER):
                return refusal(self._engine, finding, self._chain).message
            if finding.state is SchemaState.NEWER and not self._warned:
                # A store starts on its own revision only. That it finds a newer one later on is an upgrade, and what
                # a migration does leaves the release before in working order.
                self._warned = True
                self._log.warning(
                    "the database was upgraded; upgrade this store too",
                    database=label(self._engine),
                    revision=", ".join(finding.revisions),
                )
            self._identity = database_identity(self._engine)
        except StoreError as error:
            return error.message
        return None


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
