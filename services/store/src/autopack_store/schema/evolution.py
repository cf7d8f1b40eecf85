"""Changing the schema: up and down the chain of migrations, one transaction for each."""

from pathlib import Path

from sqlalchemy import Connection, Engine

from autopack_store.database.engine import is_sqlite, label, reading, writing
from autopack_store.database.faults import translated
from autopack_store.database.postgresql import check_may_migrate, check_usable
from autopack_store.errors import MigrationRefused, SchemaDiffers
from autopack_store.schema import migrations
from autopack_store.schema.comparison import columns_of, model_differences, schema_differences
from autopack_store.schema.inspection import (
    UPGRADABLE,
    Chain,
    SchemaFinding,
    SchemaState,
    inspect_schema,
    inspect_tables,
    lacking,
    refusal,
    to_run,
)
from autopack_store.schema.revision import HEAD


def upgrade_schema(engine: Engine, chain: Chain) -> bool:
    """Upgrade an empty or outdated database to the revision of ``chain``, a transaction for each migration; returns
    whether there was anything to do.

    Raises the same errors as ``ensure_schema``. What was upgraded until then stays, whole, and the next upgrade goes
    on from there.
    """
    folder = chain.folder or migrations.chain_folder()
    with translated(label(engine)), migrations.exclusive(engine) as connection:
        with migrations.step(connection):
            finding = _inspected(engine, connection, chain, folder)
        if finding.state is SchemaState.CURRENT:
            return False
        if finding.state not in UPGRADABLE:
            raise refusal(engine, finding, chain)
        for revision in chain.revisions[_position(finding, chain) :]:
            with migrations.step(connection):
                migrations.upgrade(connection, folder, revision)
    return True


def downgrade_schema(engine: Engine, chain: Chain, revision: str, *, losing: bool) -> tuple[str, ...]:
    """Go back to an older ``revision``, a transaction for each migration; returns the revisions that were undone.

    ``losing`` lets go what the older schema has no place for. Raises MigrationRefused when there is no way back, or
    something would be lost and that was not allowed; SchemaRefused for a schema that is not one of ``chain``;
    StorageError, DataLoss.
    """
    database = label(engine)
    folder = chain.folder or migrations.chain_folder()
    _check_known(revision, chain, database)
    with translated(database), migrations.exclusive(engine) as connection:
        with migrations.step(connection):
            finding = _inspected(engine, connection, chain, folder)
            undone = _way_back(engine, finding, chain, revision)
            lost = _losses(connection, folder, undone, database)
        if lost and not losing:
            raise MigrationRefused(
                f"{database}: a downgrade to {revision} loses {'; '.join(lost)}; make a backup, then say --yes",
                subject=database,
            )
        for number, _ in enumerate(undone):
            with migrations.step(connection):
                migrations.downgrade(connection, folder, undone[number + 1] if number + 1 < len(undone) else revision)
    return undone


def stamp_schema(engine: Engine, chain: Chain, revision: str) -> None:
    """Write down that a database without a revision has ``revision``, once its schema was found to be just that.

    Raises MigrationRefused when the database has a revision, or no tables of the store; SchemaDiffers; StorageError.
    """
    database = label(engine)
    folder = chain.folder or migrations.chain_folder()
    _check_known(revision, chain, database)
    if inspect_schema(engine, chain).state is not SchemaState.UNVERSIONED:
        raise MigrationRefused(
            f"{database}: only a database with the store's tables and no revision can be stamped; "
            f"{to_run('current', engine)} to see what it has",
            subject=database,
        )
    with translated(database), migrations.exclusive(engine) as connection, migrations.step(connection):
        _refuse(database, schema_differences(connection, folder, revision), f"is not that of {revision}")
        migrations.stamp(connection, folder, revision)


def check_schema(engine: Engine, chain: Chain) -> None:
    """Raise unless the database has the revision of ``chain`` and a schema that differs in nothing, neither from what
    the migrations make nor from the tables in the code.

    Raises SchemaRefused with what to run, SchemaDiffers with the list of differences, StorageError, DataLoss.
    """
    database = label(engine)
    finding = inspect_schema(engine, chain)
    if finding.state not in (SchemaState.CURRENT, SchemaState.HALF_APPLIED):
        raise refusal(engine, finding, chain)
    folder = chain.folder or migrations.chain_folder()
    with translated(database):
        found: tuple[str, ...] = ()
        if chain.head == HEAD:
            with reading(engine).begin() as connection:
                found = model_differences(connection)
        # SQLite needs to write nothing here, and writing would make others wait.
        own = reading(engine) if is_sqlite(engine) else writing(engine)
        with own.connect() as connection, connection.begin() as transaction:
            found = (*schema_differences(connection, folder, chain.head), *found)
            transaction.rollback()
    _refuse(database, found, f"is not that of {chain.head}, though it says so")


def _refuse(database: str, differences: tuple[str, ...], said: str) -> None:
    if differences:
        listed = "".join(f"\n  {difference}" for difference in differences)
        raise SchemaDiffers(
            f"{database}: the schema {said}; undo what was changed by hand, or restore a backup:{listed}",
            subject=database,
        )


def _check_known(revision: str, chain: Chain, database: str) -> None:
    if revision not in chain.revisions:
        raise MigrationRefused(
            f"{database}: there is no revision {revision}; this store knows {', '.join(chain.revisions)}",
            subject=database,
        )


def _inspected(engine: Engine, connection: Connection, chain: Chain, folder: Path) -> SchemaFinding:
    if not is_sqlite(engine):
        check_usable(connection, label(engine))
        check_may_migrate(connection, label(engine))
    finding = inspect_tables(connection, chain)
    if finding.state is SchemaState.OUTDATED:
        found = lacking(finding, connection, columns_of(folder, finding.revisions[0]))
        if found is not finding:
            raise refusal(engine, found, chain)
    return finding


def _position(finding: SchemaFinding, chain: Chain) -> int:
    return chain.revisions.index(finding.revisions[0]) + 1 if finding.revisions else 0


def _way_back(engine: Engine, finding: SchemaFinding, chain: Chain, revision: str) -> tuple[str, ...]:
    if finding.state not in (SchemaState.CURRENT, SchemaState.OUTDATED):
        raise refusal(engine, finding, chain)
    first, last = chain.revisions.index(revision) + 1, _position(finding, chain)
    if first > last:
        raise MigrationRefused(
            f"{label(engine)}: has revision {finding.revisions[0]}, which is older than {revision}; "
            f"{to_run('upgrade', engine)}",
            subject=label(engine),
        )
    return tuple(reversed(chain.revisions[first:last]))


def _losses(connection: Connection, folder: Path, undone: tuple[str, ...], database: str) -> tuple[str, ...]:
    lost: list[str] = []
    for revision in undone:
        # A migration that can be undone says what is lost then.
        losses = getattr(migrations.module_of(folder, revision), "losses", None)
        if losses is None:
            raise MigrationRefused(
                f"{database}: revision {revision} cannot be undone; restore a backup from before the upgrade",
                subject=database,
            )
        lost += losses(connection)
    return tuple(lost)
