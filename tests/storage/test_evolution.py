"""The schema goes up and down in steps, each a transaction, and is compared to the last trigger. On real databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, Connection, Engine, text

from autopack_model.evidence.outcome import TestState
from autopack_store.database.engine import open_engine, reading, writing
from autopack_store.errors import (
    MigrationRefused,
    SchemaDiffers,
    SchemaHalfApplied,
    SchemaMissing,
    SchemaNewer,
    StorageError,
    StorageExhausted,
)
from autopack_store.schema.evolution import check_schema, downgrade_schema, stamp_schema, upgrade_schema
from autopack_store.schema.guardrail import ensure_schema, require_current
from autopack_store.schema.inspection import Chain, inspect_schema
from autopack_store.schema.migrations import exclusive, step
from autopack_store.schema.readiness import DatabaseReadiness
from autopack_store.schema.revision import HEAD
from autopack_store.schema.snapshot import take_snapshot
from autopack_store.upkeep.verification import Verification
from tests.storage.chains import AFTER_NEXT, NEXT, Migration, longer_chain
from tests.storage.databases import Databases, drop_trigger, full_address, on_postgresql
from tests.storage.recorder import recording


def _execute(engine: Engine, *statements: str) -> None:
    with writing(engine).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _snapshot(engine: Engine) -> dict[str, str]:
    with reading(engine).begin() as connection:
        return dict(take_snapshot(connection))


def test_each_migration_is_a_transaction_of_its_own(engine: Engine, tmp_path: Path) -> None:
    """When the second of two migrations fails, the first one stays, whole, and a later upgrade goes on from there."""
    chain = longer_chain(tmp_path, Migration(), Migration(then='raise RuntimeError("half way")'))
    with pytest.raises(RuntimeError, match="half way"):
        upgrade_schema(engine, chain)
    assert ("0900",) == inspect_schema(engine, chain).revisions
    names = _snapshot(engine).keys()
    assert ("table extra_0900" in names, "table extra_0901" in names) == (True, False)
    chain = longer_chain(tmp_path, Migration(), Migration())
    assert upgrade_schema(engine, chain) is True
    assert ("0901",) == inspect_schema(engine, chain).revisions


@on_postgresql
def test_a_migration_does_not_wait_long_for_a_table(engine: Engine, url: URL, tmp_path: Path) -> None:
    """A migration that needs a table which somebody holds gives up within its limit, leaves nothing, and says so."""
    chain = longer_chain(tmp_path, Migration(then='op.execute("ALTER TABLE run ADD COLUMN more integer")'))
    impatient = open_engine(url.update_query_dict({"options": "-c lock_timeout=100ms"}))
    before = _snapshot(engine)
    with engine.connect() as holder:
        holder.execute(text("LOCK TABLE run IN ACCESS SHARE MODE"))
        with pytest.raises(StorageError, match=r"another process kept it locked .*try again"):
            upgrade_schema(impatient, chain)
    impatient.dispose()
    assert before == _snapshot(engine)
    assert upgrade_schema(engine, chain) is True


@on_postgresql
def test_a_migration_has_limits_of_its_own(engine: Engine, url: URL) -> None:
    """A migration's statements may take long and wait shortly, unless the address says otherwise."""
    query = text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
    with exclusive(engine) as connection, step(connection):
        assert ("30min", "10s") == tuple(connection.execute(query).one())
    own = open_engine(url.update_query_dict({"options": "-c lock_timeout=7s -c statement_timeout=1h"}))
    with exclusive(own) as connection, step(connection):
        assert ("1h", "7s") == tuple(connection.execute(query).one())
    own.dispose()


def test_the_lock_spans_all_steps(engine: Engine, tmp_path: Path) -> None:
    """Between two steps of one upgrade no other process begins its own."""
    chain = longer_chain(tmp_path, Migration())
    with ThreadPoolExecutor(1) as pool:
        with exclusive(engine) as connection:
            with step(connection):
                pass
            other = pool.submit(upgrade_schema, engine, chain)
            with pytest.raises(TimeoutError):
                other.result(timeout=1)
        assert other.result(timeout=60) is True


@pytest.fixture
def longer(engine: Engine, tmp_path: Path) -> Chain:
    """Two releases to come, to which the database was upgraded: a column, then nothing but a table."""
    column = Migration(
        then='op.add_column("run", sa.Column("more", sa.Integer))',
        undo='op.drop_column("run", "more")',
        losses=["more"],
    )
    chain = longer_chain(tmp_path, column, Migration())
    assert upgrade_schema(engine, chain) is True
    return chain


def test_the_newest_migrations_can_be_undone(engine: Engine, longer: Chain) -> None:
    """A downgrade leaves just the schema that the older revision has, and an upgrade brings back the newer one."""
    newest = _snapshot(engine)
    before = Chain(revisions=longer.revisions[:-1], folder=longer.folder)
    assert (AFTER_NEXT,) == downgrade_schema(engine, longer, NEXT, losing=False)
    assert (NEXT,) == inspect_schema(engine, longer).revisions
    check_schema(engine, before)
    assert () == downgrade_schema(engine, longer, NEXT, losing=False)
    assert upgrade_schema(engine, longer) is True
    assert newest == _snapshot(engine)
    assert (AFTER_NEXT, NEXT) == downgrade_schema(engine, longer, HEAD, losing=True)
    check_schema(engine, Chain())


@pytest.mark.parametrize("losing", [False, True])
def test_what_has_no_way_back_is_refused(engine: Engine, tmp_path: Path, losing: bool) -> None:
    """A downgrade beyond the first undoable migration is refused before anything is undone."""
    chain = longer_chain(tmp_path, Migration(losses=None), Migration())
    upgrade_schema(engine, chain)
    with pytest.raises(MigrationRefused, match=f"revision {NEXT} cannot be undone; restore a backup"):
        downgrade_schema(engine, chain, HEAD, losing=losing)
    assert (AFTER_NEXT,) == inspect_schema(engine, chain).revisions


def test_a_downgrade_that_loses_something_has_to_be_told(engine: Engine, longer: Chain) -> None:
    """A downgrade that drops what the older schema has no place for is refused with what is lost, unless it is told."""
    with pytest.raises(MigrationRefused, match=r"loses more; make a backup, then say --yes"):
        downgrade_schema(engine, longer, HEAD, losing=False)
    assert (AFTER_NEXT,) == inspect_schema(engine, longer).revisions
    assert (AFTER_NEXT, NEXT) == downgrade_schema(engine, longer, HEAD, losing=True)


def test_a_downgrade_goes_down(fresh: Engine, tmp_path: Path) -> None:
    """A newer or an unknown revision is no way down, and a database without a schema has none."""
    chain = longer_chain(tmp_path, Migration())
    with pytest.raises(SchemaMissing):
        downgrade_schema(fresh, chain, HEAD, losing=False)
    upgrade_schema(fresh, Chain())
    with pytest.raises(MigrationRefused, match=f"has revision {HEAD}, which is older than {NEXT}"):
        downgrade_schema(fresh, chain, NEXT, losing=False)
    with pytest.raises(MigrationRefused, match="there is no revision 0815"):
        downgrade_schema(fresh, chain, "0815", losing=False)


def test_a_running_store_goes_on_beside_a_newer_schema(url: URL, engine: Engine, tmp_path: Path) -> None:
    """A store that runs reads and writes beside a schema that the next release has upgraded meanwhile, and says that it
    is ready; a store that starts there is refused.
    """
    chain = longer_chain(tmp_path, Migration(then='op.add_column("run", sa.Column("more", sa.Integer))'))
    states = {"t::a": TestState.FAILED, "t::b": TestState.PASSED}
    with recording(url) as recorder:
        recorder.measured(states, run_id="before")
        assert upgrade_schema(engine, chain) is True
        assert DatabaseReadiness(engine, Chain(), domain="test.autopack").problem() is None
        recorder.measured(states, run_id="beside")
        assert ["beside", "before"] == [entry.attempt.run_id for entry in recorder.told("t::a").entries]
    assert [] == [damage for checked in Verification(engine).checked(0) for damage in checked.damages]
    with pytest.raises(SchemaNewer):
        ensure_schema(engine, bootstrap=True, chain=Chain())


@pytest.mark.parametrize("revision", [HEAD, NEXT])
def test_a_lost_revision_is_stamped(fresh: Engine, tmp_path: Path, revision: str) -> None:
    """A database whose revision is lost gets it back, when its schema is just that one."""
    whole = longer_chain(tmp_path, Migration())
    chain = Chain(revisions=whole.revisions[: whole.revisions.index(revision) + 1], folder=whole.folder)
    upgrade_schema(fresh, chain)
    for statement in ("DELETE FROM alembic_version", "DROP TABLE alembic_version"):
        _execute(fresh, statement)
        stamp_schema(fresh, whole, revision)
        assert (revision,) == inspect_schema(fresh, whole).revisions
        check_schema(fresh, chain)


def test_another_schema_is_not_stamped(engine: Engine, longer: Chain) -> None:
    """A database whose schema is that of another revision is refused with the differences, and stays unstamped."""
    _execute(engine, "DELETE FROM alembic_version")
    with pytest.raises(SchemaDiffers, match=rf"is not that of {HEAD}(?s:.*)table extra_{NEXT}: not of the store"):
        stamp_schema(engine, longer, HEAD)
    assert () == inspect_schema(engine, longer).revisions


def test_only_what_lost_its_revision_is_stamped(fresh: Engine) -> None:
    """A database that has a revision, or nothing at all, is not stamped."""
    with pytest.raises(MigrationRefused, match="autopack-store db current"):
        stamp_schema(fresh, Chain(), HEAD)
    upgrade_schema(fresh, Chain())
    with pytest.raises(MigrationRefused, match="autopack-store db current"):
        stamp_schema(fresh, Chain(), HEAD)


def test_a_schema_as_the_migrations_make_it_passes(engine: Engine) -> None:
    """What the migrations made has no differences, and looking leaves nothing behind."""
    before = _snapshot(engine)
    check_schema(engine, Chain())
    assert before == _snapshot(engine)
    with reading(engine).begin() as connection:
        assert [] == _other_schemas(connection)


def _other_schemas(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return []
    return list(connection.scalars(text("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'autopack%'")))


CHANGED = {
    "ALTER TABLE run ADD COLUMN more integer": "column run.more: not of the store",
    "CREATE TABLE more (a integer)": "table more: not of the store",
    "DROP INDEX ix_reason_code": "index ix_reason_code: missing",
    "CREATE INDEX more ON run (state)": "index more: not of the store",
}


@pytest.mark.parametrize("statement", sorted(CHANGED))
def test_every_difference_is_named(engine: Engine, statement: str) -> None:
    """Whatever was added to the schema or taken from it is named."""
    _execute(engine, statement)
    with pytest.raises(SchemaDiffers, match=CHANGED[statement]):
        check_schema(engine, Chain())


@pytest.mark.parametrize("table", ["run", "evidence", "outcome"])
def test_a_missing_trigger_is_named(engine: Engine, table: str) -> None:
    """A trigger that was dropped is named: without it the database does not protect itself."""
    with writing(engine).begin() as connection:
        drop_trigger(connection, table)
    with pytest.raises(SchemaDiffers, match=f"trigger {table}_refuses_update: missing"):
        check_schema(engine, Chain())


ON_POSTGRESQL = {
    "ALTER TABLE run ALTER COLUMN timeout_ms TYPE integer": "column run.timeout_ms: integer NOT NULL; expected bigint",
    "ALTER TABLE run ALTER COLUMN run_type SET DEFAULT 2": "column run.run_type: .*DEFAULT 2; expected smallint",
    "ALTER TABLE run ALTER COLUMN state DROP NOT NULL": "column run.state: smallint; expected smallint NOT NULL",
    "ALTER TABLE run DISABLE TRIGGER run_refuses_delete": r"trigger run_refuses_delete: .* \(disabled\);",
    "CREATE OR REPLACE FUNCTION autopack_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'": (
        "function autopack_refuse: plpgsql BEGIN RETURN NULL; END; expected"
    ),
    "ALTER TABLE attempt DROP CONSTRAINT fk_attempt_run_id_phase_phase": "constraint fk_attempt_run_id_phase_phase",
}


@on_postgresql
@pytest.mark.parametrize("statement", sorted(ON_POSTGRESQL))
@pytest.mark.usefixtures("kind")
def test_every_difference_is_named_on_postgresql(engine: Engine, statement: str) -> None:
    """Types, defaults, keys, disabled triggers and changed functions are named."""
    _execute(engine, statement)
    with pytest.raises(SchemaDiffers, match=ON_POSTGRESQL[statement]):
        check_schema(engine, Chain())


def test_a_missing_column_is_named_by_check(engine: Engine) -> None:
    """Where the guardrail says that the database is half-applied, check says all that differs."""
    _execute(engine, "ALTER TABLE run DROP COLUMN failure_code")
    with pytest.raises(SchemaHalfApplied):
        require_current(engine, Chain())
    with pytest.raises(SchemaDiffers, match=r"column run\.failure_code: missing"):
        check_schema(engine, Chain())


@contextmanager
def _role(url: URL, attributes: str, *grants: str) -> Iterator[URL]:
    """The address with a role of the test's own."""
    name = f"{url.database}_role"
    address = full_address(url.set(drivername="postgresql"))
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN " + attributes).format(sql.Identifier(name)))
        try:
            for grant in grants:
                owner.execute(sql.SQL(grant).format(sql.Identifier(name)))
            yield url.set(username=name)
        finally:
            owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@on_postgresql
def test_a_role_that_only_reads_is_refused_at_the_start(url: URL) -> None:
    """A store does not start with a role that may only read, and says what to grant; looking is enough for others."""
    with _role(url, "PASSWORD 'secret-1'", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}") as reader:
        engine = open_engine(reader.set(password="secret-1"))
        with pytest.raises(StorageError, match=r"may only read approval, attempt, .*GRANT SELECT, INSERT") as caught:
            ensure_schema(engine, bootstrap=True, chain=Chain())
        assert "secret-1" not in caught.value.message
        require_current(engine, Chain())
        engine.dispose()


@on_postgresql
def test_a_server_that_takes_no_writes_is_refused_at_the_start(url: URL) -> None:
    """A store does not start on a server that is read-only."""
    engine = open_engine(url.update_query_dict({"options": "-c default_transaction_read_only=on"}))
    with pytest.raises(StorageExhausted, match="takes no writes; use the primary server"):
        ensure_schema(engine, bootstrap=True, chain=Chain())
    with pytest.raises(StorageExhausted, match="takes no writes; use the primary server"):
        upgrade_schema(engine, Chain())
    engine.dispose()


@on_postgresql
def test_a_role_that_may_not_make_tables_is_told_what_to_grant(fresh_url: URL) -> None:
    """An upgrade with a role that may not make tables is refused with what to grant, and nothing is made."""
    with _role(fresh_url, "PASSWORD 'secret-1'") as role:
        engine = open_engine(role.set(password="secret-1"))
        with pytest.raises(StorageError, match=r"may not make tables in the schema public; .*GRANT CREATE ON SCHEMA"):
            upgrade_schema(engine, Chain())
        assert () == inspect_schema(engine, Chain()).tables
        engine.dispose()


@on_postgresql
def test_a_role_that_does_not_own_the_tables_is_told(engine: Engine, url: URL, tmp_path: Path) -> None:
    """An upgrade of tables that belong to another role is refused with the reason, and leaves nothing."""
    chain = longer_chain(tmp_path, Migration(then='op.execute("ALTER TABLE run ADD COLUMN more integer")'))
    grants = (
        "GRANT CREATE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
    )
    before = _snapshot(engine)
    with _role(url, "PASSWORD 'secret-1'", *grants) as role:
        other = open_engine(role.set(password="secret-1"))
        with pytest.raises(StorageError, match="must be owner of table run"):
            upgrade_schema(other, chain)
        other.dispose()
    assert before == _snapshot(engine)


@on_postgresql
def test_a_wrong_password_is_told(url: URL, databases: Databases) -> None:
    """A wrong password, and none, are storage errors that say so and show none."""
    grant = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}"
    with _role(url, "PASSWORD 'secret-1'", grant) as role, databases.asking_for_passwords(str(role.username)):
        for password, expected in (("wrong-2", "password authentication failed"), ("", "no password supplied")):
            engine = open_engine(role.set(password=password))
            with pytest.raises(StorageError, match=f"cannot be reached.*{expected}.*the password") as caught:
                inspect_schema(engine, Chain())
            assert "wrong-2" not in caught.value.message
            engine.dispose()
        right = open_engine(role.set(password="secret-1"))
        assert (HEAD,) == inspect_schema(right, Chain()).revisions
        right.dispose()
