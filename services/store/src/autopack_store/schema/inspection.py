"""What a database holds, seen from a store, and what to run when that is not the store's schema."""

import enum
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine, String, column, inspect, select, table

from autopack_store.database.engine import is_sqlite, label, reading, sqlite_path
from autopack_store.database.faults import translated
from autopack_store.database.postgresql import check_usable
from autopack_store.errors import (
    ForeignSchema,
    SchemaHalfApplied,
    SchemaMissing,
    SchemaNewer,
    SchemaOutdated,
    SchemaRefused,
    SchemaUnknown,
    SchemaUnversioned,
)
from autopack_store.schema.opt_in import BOOTSTRAP
from autopack_store.schema.revision import HEAD, REVISIONS, VERSION_TABLE
from autopack_store.schema.snapshot import column_names
from autopack_store.schema.tables.metadata import metadata

COLUMNS = frozenset(f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns)
"""All that a database of the store's revision has."""


class SchemaState(enum.Enum):
    """What a database holds, seen from a store."""

    CURRENT = "current"
    EMPTY = "empty"
    FOREIGN = "foreign"
    UNVERSIONED = "unversioned"
    OUTDATED = "outdated"
    NEWER = "newer"
    UNKNOWN = "unknown"
    HALF_APPLIED = "half-applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFinding:
    """The state of a database's schema, its revisions (none or one, unless it was tampered with), its tables, and,
    when it is HALF_APPLIED, the columns that it lacks.
    """

    state: SchemaState
    revisions: tuple[str, ...]
    tables: tuple[str, ...]
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The revisions that a store knows, oldest first, and the folder of their migrations (None: the usual one)."""

    revisions: Sequence[str] = REVISIONS
    folder: Path | None = None

    @property
    def head(self) -> str:
        """The revision that the store works with."""
        return self.revisions[-1]


UPGRADABLE = (SchemaState.EMPTY, SchemaState.OUTDATED)


def inspect_schema(engine: Engine, chain: Chain) -> SchemaFinding:
    """Compare the database with ``chain``, without changing or creating anything.

    Raises StorageError, DataLoss, and ConfigurationError for a PostgreSQL database that cannot hold the store's tables.
    """
    if not _exists(engine):
        return _NOTHING
    with translated(label(engine)), reading(engine).begin() as connection:
        if not is_sqlite(engine):
            check_usable(connection, label(engine))
        return inspect_tables(connection, chain)


def inspect_tables(connection: Connection, chain: Chain) -> SchemaFinding:
    """As ``inspect_schema``, inside a transaction."""
    tables = tuple(sorted(inspect(connection).get_table_names()))
    revisions: tuple[str, ...] = ()
    if VERSION_TABLE in tables:
        versions = table(VERSION_TABLE, column("version_num", String))
        revisions = tuple(sorted(connection.scalars(select(versions.c.version_num))))
    others = tuple(name for name in tables if name != VERSION_TABLE)
    finding = SchemaFinding(state=_state(revisions, others, chain), revisions=revisions, tables=others)
    # What another head consists of, its migrations alone know.
    if finding.state is SchemaState.CURRENT and chain.head == HEAD:
        return lacking(finding, connection, COLUMNS)
    return finding


def lacking(finding: SchemaFinding, connection: Connection, columns: frozenset[str]) -> SchemaFinding:
    """``finding``, or that the database is HALF_APPLIED when it has not all ``columns`` (``table.column``)."""
    missing = tuple(sorted(columns - column_names(connection)))
    return replace(finding, state=SchemaState.HALF_APPLIED, lacking=missing) if missing else finding


def refusal(engine: Engine, finding: SchemaFinding, chain: Chain) -> SchemaRefused:
    """The error that says why a store does not start on what was found, and what to run."""
    database = label(engine)
    found = ", ".join(finding.revisions)
    opt_in = f"(for development and tests, {BOOTSTRAP}=1 does it at the start)"
    kind, said = _REFUSALS[finding.state]
    message = said.format(
        found=found,
        head=chain.head,
        tables=_some(finding.tables),
        lacking=_some(finding.lacking),
        upgrade=f"{to_run('upgrade', engine)} {opt_in}",
        check=to_run("check", engine),
        stamp=to_run("stamp REVISION", engine),
    )
    return kind(f"{database}: {message}", subject=database)


def to_run(action: str, engine: Engine) -> str:
    """The command of ``autopack-store db`` that does ``action`` with this database, in words of a message."""
    database = label(engine)
    stands_for = " (with the password for ***)" if "***" in database else ""
    return f"run: autopack-store db {action} --database {shlex.quote(database)}{stands_for}"


_REFUSALS: dict[SchemaState, tuple[type[SchemaRefused], str]] = {
    SchemaState.EMPTY: (SchemaMissing, "there is no schema yet; {upgrade}"),
    SchemaState.FOREIGN: (
        ForeignSchema,
        "holds tables of another program ({tables}); give the store a database of its own",
    ),
    SchemaState.UNVERSIONED: (
        SchemaUnversioned,
        "holds the store's tables ({tables}) but no revision in " + VERSION_TABLE + "; restore it from a backup, or, "
        "when you know which revision they are of, {stamp}, which compares them first",
    ),
    SchemaState.OUTDATED: (
        SchemaOutdated,
        "has revision {found}, this store needs {head}; make a backup, then {upgrade}",
    ),
    SchemaState.NEWER: (
        SchemaNewer,
        "has revision {found}, which is newer than what this store knows ({head}); run the version of autopack-store "
        "that upgraded it or a newer one, or downgrade the database with that one: autopack-store db downgrade {head}",
    ),
    SchemaState.UNKNOWN: (
        SchemaUnknown,
        "has revision {found}, which no store has (this one's is {head}): another program made it, or it was changed "
        "by hand; use another database, or restore a backup",
    ),
    SchemaState.HALF_APPLIED: (
        SchemaHalfApplied,
        "has revision {found}, but lacks {lacking}: somebody changed its tables, or stopped a migration half way "
        "outside of its transaction; {check} lists all that differs, then restore a backup",
    ),
}

_NOTHING = SchemaFinding(state=SchemaState.EMPTY, revisions=(), tables=())
_OURS = re.compile(r"[0-9]{4}")


def _exists(engine: Engine) -> bool:
    if not is_sqlite(engine):
        return True
    path = sqlite_path(engine)
    return path.exists() and path.stat().st_size > 0


def _state(revisions: tuple[str, ...], tables: tuple[str, ...], chain: Chain) -> SchemaState:
    ours = bool(set(tables) & set(metadata.tables))
    if not revisions:
        if not tables:
            return SchemaState.EMPTY
        return SchemaState.UNVERSIONED if ours else SchemaState.FOREIGN
    if tables and not ours:
        # Another program that uses Alembic, too.
        return SchemaState.FOREIGN
    if len(revisions) > 1:
        return SchemaState.UNKNOWN
    (revision,) = revisions
    if revision == chain.head:
        return SchemaState.CURRENT
    if revision in chain.revisions:
        return SchemaState.OUTDATED
    newer = _OURS.fullmatch(revision) is not None and revision > chain.head
    return SchemaState.NEWER if newer else SchemaState.UNKNOWN


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
