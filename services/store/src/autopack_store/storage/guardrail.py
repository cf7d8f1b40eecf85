"""The guardrail: no store on a schema that is not its own, and no schema that appears by itself (DESIGN 6)."""

import enum
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, String, column, inspect, select, table

from autopack_store.domain.errors import (
    ForeignSchema,
    SchemaMissing,
    SchemaOutdated,
    SchemaRefused,
    SchemaUnknown,
    SchemaUnversioned,
)
from autopack_store.domain.opt_in import BOOTSTRAP
from autopack_store.storage.engine import is_sqlite, label, reading, sqlite_path
from autopack_store.storage.faults import translated
from autopack_store.storage.postgresql import check_usable
from autopack_store.storage.revision import REVISIONS, VERSION_TABLE
from autopack_store.storage.schema import metadata


class SchemaState(enum.Enum):
    """What a database holds, seen from a store."""

    CURRENT = "current"
    EMPTY = "empty"
    FOREIGN = "foreign"
    UNVERSIONED = "unversioned"
    OUTDATED = "outdated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The state of a database's schema, its revisions (none or one, unless it was tampered with), and its tables."""

    state: SchemaState
    revisions: tuple[str, ...]
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The revisions that a store knows, oldest first, and the folder of their migrations (None: the usual one)."""

    revisions: Sequence[str] = REVISIONS
    folder: Path | None = None

    @property
    def head(self) -> str:
        """The revision that the store works with."""
        return self.revisions[-1]


def inspect_schema(engine: Engine, chain: Chain) -> Finding:
    """Compare the database with ``chain``, without changing or creating anything.

    Raises StorageError, DataLoss, and ConfigurationError for a PostgreSQL database that cannot hold the store's tables.
    """
    if is_sqlite(engine):
        path = sqlite_path(engine)
        if not path.exists() or path.stat().st_size == 0:
            return Finding(state=SchemaState.EMPTY, revisions=(), tables=())
    with translated(label(engine)), reading(engine).begin() as connection:
        if not is_sqlite(engine):
            check_usable(connection, label(engine))
        return _inspect(connection, chain)


def ensure_schema(engine: Engine, *, bootstrap: bool, chain: Chain) -> bool:
    """Make sure that the database has the revision of ``chain``; returns whether it had to be upgraded.

    With ``bootstrap`` an empty or outdated database is upgraded; any number of processes may do so at once. Raises a
    SchemaRefused that says what to run otherwise, and as ``inspect_schema``.
    """
    finding = inspect_schema(engine, chain)
    if finding.state is SchemaState.CURRENT:
        return False
    if bootstrap and finding.state in (SchemaState.EMPTY, SchemaState.OUTDATED):
        return upgrade_schema(engine, chain)
    raise refusal(engine, finding, chain)


def upgrade_schema(engine: Engine, chain: Chain) -> bool:
    """Upgrade an empty or outdated database to the revision of ``chain``; returns whether there was anything to do.

    Raises as ``ensure_schema``.
    """
    # Alembic is imported here alone: a start with a current schema does not pay for it.
    from autopack_store.storage import migrations  # noqa: PLC0415

    folder = chain.folder or migrations.chain_folder()
    with translated(label(engine)), migrations.exclusive(engine) as connection:
        if not is_sqlite(engine):
            check_usable(connection, label(engine))
        finding = _inspect(connection, chain)
        if finding.state is SchemaState.CURRENT:
            return False
        if finding.state not in (SchemaState.EMPTY, SchemaState.OUTDATED):
            raise refusal(engine, finding, chain)
        migrations.upgrade(connection, folder, chain.head)
    return True


def refusal(engine: Engine, finding: Finding, chain: Chain) -> SchemaRefused:
    """The error that says why a store does not start on what was found, and what to run."""
    database = label(engine)
    stands_for = " (with the password for ***)" if "***" in database else ""
    upgrade = f"run: autopack-store db upgrade --database {shlex.quote(database)}{stands_for}"
    opt_in = f"(for development and tests, {BOOTSTRAP}=1 does it at the start)"
    found = ", ".join(finding.revisions)
    match finding.state:
        case SchemaState.EMPTY:
            return SchemaMissing(f"{database}: there is no schema yet; {upgrade} {opt_in}", subject=database)
        case SchemaState.FOREIGN:
            return ForeignSchema(
                f"{database}: holds tables of another program ({_some(finding.tables)}); give the store a database of "
                "its own",
                subject=database,
            )
        case SchemaState.UNVERSIONED:
            return SchemaUnversioned(
                f"{database}: holds the store's tables ({_some(finding.tables)}) but no revision in {VERSION_TABLE}, "
                "so nobody can say what they are; restore it from a backup, or use a new database and "
                f"{upgrade}",
                subject=database,
            )
        case SchemaState.OUTDATED:
            return SchemaOutdated(
                f"{database}: has revision {found}, this store needs {chain.head}; make a backup, then {upgrade} "
                f"{opt_in}",
                subject=database,
            )
        case SchemaState.UNKNOWN:
            return SchemaUnknown(
                f"{database}: has revision {found}, which this store ({chain.head}) does not know: a newer store or "
                "another program made it; run that version of autopack-store, or use another database",
                subject=database,
            )
        case SchemaState.CURRENT:
            raise ValueError("a current schema is not refused")


def _inspect(connection: Connection, chain: Chain) -> Finding:
    tables = tuple(sorted(inspect(connection).get_table_names()))
    revisions: tuple[str, ...] = ()
    if VERSION_TABLE in tables:
        versions = table(VERSION_TABLE, column("version_num", String))
        revisions = tuple(sorted(connection.scalars(select(versions.c.version_num))))
    others = tuple(name for name in tables if name != VERSION_TABLE)
    return Finding(state=_state(revisions, others, chain), revisions=revisions, tables=others)


def _state(revisions: tuple[str, ...], tables: tuple[str, ...], chain: Chain) -> SchemaState:
    if revisions:
        if revisions == (chain.head,):
            return SchemaState.CURRENT
        return SchemaState.OUTDATED if len(revisions) == 1 and revisions[0] in chain.revisions else SchemaState.UNKNOWN
    if not tables:
        return SchemaState.EMPTY
    return SchemaState.UNVERSIONED if set(tables) & set(metadata.tables) else SchemaState.FOREIGN


def _some(tables: tuple[str, ...]) -> str:
    shown = ", ".join(tables[:5])
    return shown if len(tables) <= 5 else f"{shown} and {len(tables) - 5} more"
