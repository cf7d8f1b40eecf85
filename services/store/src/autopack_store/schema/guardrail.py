"""The guardrail: no store on a schema that is not its own, and no schema that appears by itself."""

from sqlalchemy import Engine

from autopack_store.database.engine import is_sqlite, label, writing
from autopack_store.database.faults import translated
from autopack_store.database.postgresql import check_may_write
from autopack_store.schema.inspection import UPGRADABLE, Chain, SchemaState, inspect_schema, refusal
from autopack_store.schema.tables.metadata import metadata

UNWRITTEN = frozenset({"database_identity", "retention"})
"""Tables that a store which serves only reads."""


def ensure_schema(engine: Engine, *, bootstrap: bool, chain: Chain) -> bool:
    """Make sure that the database has the revision of ``chain`` and takes writes; returns whether it was upgraded.

    With ``bootstrap`` an empty or outdated database is upgraded; any number of processes may do so at once. Raises a
    SchemaRefused that says what to run otherwise, StorageError for a role that may only read, StorageExhausted for a
    database that is read-only, and as ``inspect_schema``.
    """
    finding = inspect_schema(engine, chain)
    if finding.state is SchemaState.CURRENT:
        _check_writable(engine)
        return False
    if bootstrap and finding.state in UPGRADABLE:
        # Alembic is imported here alone: a start with a current schema does not pay for it.
        from autopack_store.schema.evolution import upgrade_schema  # noqa: PLC0415

        return upgrade_schema(engine, chain)
    raise refusal(engine, finding, chain)


def require_current(engine: Engine, chain: Chain) -> None:
    """Raise a SchemaRefused that says what to run unless the database has the revision of ``chain``; writing nothing,
    and with a role that may only read. Raises the same errors as ``inspect_schema``.
    """
    finding = inspect_schema(engine, chain)
    if finding.state is not SchemaState.CURRENT:
        raise refusal(engine, finding, chain)


def _check_writable(engine: Engine) -> None:
    """Find out at the start, not at the first mutation."""
    with translated(label(engine)), writing(engine).begin() as connection:
        # On SQLite the beginning is all that it takes.
        if not is_sqlite(engine):
            check_may_write(connection, metadata.tables.keys() - UNWRITTEN, label(engine))
