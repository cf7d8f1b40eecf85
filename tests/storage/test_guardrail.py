"""No store on a schema that is not its own, and no schema that appears by itself. On real databases."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from autopack_store.database.engine import file_url, open_engine, writing
from autopack_store.errors import (
    ConfigurationError,
    DataLoss,
    ForeignSchema,
    MigrationRefused,
    SchemaDiffers,
    SchemaHalfApplied,
    SchemaMissing,
    SchemaNewer,
    SchemaOutdated,
    SchemaRefused,
    SchemaUnknown,
    SchemaUnversioned,
    StorageError,
    StorageExhausted,
)
from autopack_store.schema.evolution import upgrade_schema
from autopack_store.schema.guardrail import ensure_schema
from autopack_store.schema.inspection import Chain, SchemaFinding, SchemaState, inspect_schema
from autopack_store.schema.migrations import exclusive
from autopack_store.schema.revision import HEAD
from tests.storage.chains import Migration, longer_chain
from tests.storage.databases import full_address, on_sqlite


def _path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def _execute(engine: Engine, *statements: str) -> None:
    with writing(engine).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@on_sqlite
def test_a_missing_file_is_refused_and_not_created(fresh: Engine, tmp_path: Path) -> None:
    """A database that does not exist is refused with what to run, and no file appears."""
    with pytest.raises(SchemaMissing, match=r"autopack-store db upgrade --database sqlite:////.*store\.db"):
        ensure_schema(fresh, bootstrap=False, chain=Chain())
    assert [] == list(tmp_path.iterdir())


@on_sqlite
def test_an_empty_file_is_refused(fresh: Engine, tmp_path: Path) -> None:
    """An empty file is refused, and stays empty."""
    _path(tmp_path).touch()
    with pytest.raises(SchemaMissing, match="AUTOPACK_DB_BOOTSTRAP=1"):
        ensure_schema(fresh, bootstrap=False, chain=Chain())
    assert b"" == _path(tmp_path).read_bytes()


@pytest.mark.parametrize("statements", [(), ("CREATE TABLE t (a integer)", "DROP TABLE t")], ids=["new", "emptied"])
def test_an_empty_database_is_refused(fresh: Engine, statements: tuple[str, ...]) -> None:
    """A database without tables is refused with what to run, the bootstrap variable is named, and no table appears."""
    _execute(fresh, *statements)
    with pytest.raises(SchemaMissing, match=r"autopack-store db upgrade --database .*AUTOPACK_DB_BOOTSTRAP=1"):
        ensure_schema(fresh, bootstrap=False, chain=Chain())
    assert SchemaFinding(state=SchemaState.EMPTY, revisions=(), tables=()) == inspect_schema(fresh, Chain())


@pytest.mark.parametrize("bootstrap", [False, True])
def test_tables_of_another_program_are_refused(fresh: Engine, bootstrap: bool) -> None:
    """A database with other tables is refused by naming them, and never bootstrapped."""
    _execute(fresh, "CREATE TABLE customer (a integer)", "CREATE TABLE invoice (a integer)")
    with pytest.raises(ForeignSchema, match="customer, invoice"):
        ensure_schema(fresh, bootstrap=bootstrap, chain=Chain())


@pytest.mark.parametrize("bootstrap", [False, True])
@pytest.mark.parametrize("statement", ["DROP TABLE alembic_version", "DELETE FROM alembic_version"])
def test_tables_without_a_revision_are_refused(engine: Engine, statement: str, bootstrap: bool) -> None:
    """The store's tables without a revision are refused, and never bootstrapped."""
    _execute(engine, statement)
    with pytest.raises(SchemaUnversioned, match="no revision in alembic_version"):
        ensure_schema(engine, bootstrap=bootstrap, chain=Chain())


@pytest.mark.parametrize("bootstrap", [False, True])
def test_a_newer_revision_is_refused(engine: Engine, bootstrap: bool) -> None:
    """A revision that a newer store made is refused by name with the ways out, and never bootstrapped."""
    _execute(engine, "UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(SchemaNewer, match=f"revision 0999, which is newer .*autopack-store db downgrade {HEAD}"):
        ensure_schema(engine, bootstrap=bootstrap, chain=Chain())


@pytest.mark.parametrize("bootstrap", [False, True])
@pytest.mark.parametrize("revision", ["0000", "d0c5a1b2e3f4", "0999_x"])
def test_an_unknown_revision_is_refused(engine: Engine, revision: str, bootstrap: bool) -> None:
    """A revision that no store ever has is refused by name, and never bootstrapped."""
    _execute(engine, f"UPDATE alembic_version SET version_num = '{revision}'")
    with pytest.raises(SchemaUnknown, match=f"revision {revision}, which no store has"):
        ensure_schema(engine, bootstrap=bootstrap, chain=Chain())


@pytest.mark.parametrize("bootstrap", [False, True])
def test_another_program_with_revisions_of_its_own_is_refused(fresh: Engine, bootstrap: bool) -> None:
    """A database of another program is refused as such, though that program's revision has the name of one of ours."""
    _execute(
        fresh,
        "CREATE TABLE alembic_version (version_num varchar(32))",
        f"INSERT INTO alembic_version VALUES ('{HEAD}')",
        "CREATE TABLE customer (a integer)",
    )
    with pytest.raises(ForeignSchema, match=r"another program \(customer\)"):
        ensure_schema(fresh, bootstrap=bootstrap, chain=Chain())


@pytest.mark.parametrize("bootstrap", [False, True])
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("ALTER TABLE run DROP COLUMN failure_code", "lacks run.failure_code:"),
        ("DROP TABLE auditor_result", r"lacks auditor_result.attempt, .* and \d more:"),
    ],
)
def test_a_half_applied_migration_is_refused(engine: Engine, statement: str, expected: str, bootstrap: bool) -> None:
    """Tables that are not those of the revision that the database names are refused by what is missing."""
    _execute(engine, statement)
    with pytest.raises(SchemaHalfApplied, match=rf"{expected} .*run: autopack-store db check"):
        ensure_schema(engine, bootstrap=bootstrap, chain=Chain())


def test_a_half_applied_older_migration_is_not_built_upon(engine: Engine, tmp_path: Path) -> None:
    """An older database whose tables are not those of its revision is not upgraded."""
    _execute(engine, "DROP TABLE auditor_result")
    chain = longer_chain(tmp_path, Migration())
    with pytest.raises(SchemaHalfApplied, match=f"revision {HEAD}, but lacks auditor_result"):
        upgrade_schema(engine, chain)
    assert (HEAD,) == inspect_schema(engine, chain).revisions


def test_a_revision_without_tables_is_half_applied(fresh: Engine) -> None:
    """A database that names a revision and has no tables at all is refused, not taken for an empty one."""
    _execute(
        fresh,
        "CREATE TABLE alembic_version (version_num varchar(32))",
        f"INSERT INTO alembic_version VALUES ('{HEAD}')",
    )
    with pytest.raises(SchemaHalfApplied, match="lacks"):
        ensure_schema(fresh, bootstrap=True, chain=Chain())


@pytest.mark.parametrize("bootstrap", [False, True])
def test_two_revisions_are_refused(engine: Engine, bootstrap: bool) -> None:
    """A database that claims two revisions is refused."""
    _execute(engine, "INSERT INTO alembic_version VALUES ('0999')")
    with pytest.raises(SchemaUnknown, match=f"{HEAD}, 0999"):
        ensure_schema(engine, bootstrap=bootstrap, chain=Chain())


def test_an_older_revision_is_refused_without_the_opt_in(engine: Engine, tmp_path: Path) -> None:
    """An older revision is refused with both revisions and the command that upgrades."""
    with pytest.raises(SchemaOutdated, match=rf"has revision {HEAD}, this store needs 0900.*autopack-store db upgrade"):
        ensure_schema(engine, bootstrap=False, chain=longer_chain(tmp_path, Migration()))


def test_an_older_revision_is_upgraded_with_the_opt_in(engine: Engine, tmp_path: Path) -> None:
    """With the opt-in an older database is upgraded, once."""
    chain = longer_chain(tmp_path, Migration())
    assert ensure_schema(engine, bootstrap=True, chain=chain) is True
    assert ("0900",) == inspect_schema(engine, chain).revisions
    assert ensure_schema(engine, bootstrap=True, chain=chain) is False


def test_a_failing_upgrade_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    """A migration that fails half way leaves the database as it was: revision and tables."""
    chain = longer_chain(tmp_path, Migration(then='raise RuntimeError("half way")'))
    before = inspect_schema(engine, chain)
    with pytest.raises(RuntimeError, match="half way"):
        ensure_schema(engine, bootstrap=True, chain=chain)
    assert before == inspect_schema(engine, chain)
    assert SchemaState.OUTDATED is before.state


def test_a_bootstrap_makes_the_schema_once(fresh: Engine) -> None:
    """With the opt-in the schema is made when there is none, and left alone when it is there."""
    assert [True, False] == [ensure_schema(fresh, bootstrap=True, chain=Chain()) for _ in range(2)]
    assert SchemaState.CURRENT is inspect_schema(fresh, Chain()).state


@on_sqlite
def test_a_bootstrap_makes_a_private_file_in_wal_mode(fresh: Engine, tmp_path: Path) -> None:
    """With the opt-in the schema is made, in a file for its owner alone, in WAL mode."""
    assert ensure_schema(fresh, bootstrap=True, chain=Chain()) is True
    assert SchemaState.CURRENT is inspect_schema(fresh, Chain()).state
    assert 0o600 == stat.S_IMODE(_path(tmp_path).stat().st_mode)
    with fresh.connect() as connection:
        assert "wal" == connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()


def test_a_start_with_a_current_schema_loads_no_more_than_it_needs(url: URL, kind: str) -> None:
    """A process that finds its own revision never imports Alembic, and psycopg only for PostgreSQL."""
    program = (
        "import sys, autopack_store.server\n"
        "from autopack_store.database.engine import open_engine\n"
        "from autopack_store.schema.guardrail import ensure_schema\n"
        "from autopack_store.schema.inspection import Chain\n"
        "ensure_schema(open_engine(sys.argv[1]), bootstrap=True, chain=Chain())\n"
        "print(*sorted({'alembic', 'psycopg', 'sqlalchemy.dialects.postgresql'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, full_address(url)], capture_output=True, text=True, check=True
    )
    assert {"sqlite": "", "postgresql": "psycopg sqlalchemy.dialects.postgresql"}[kind] == done.stdout.strip()


def test_twenty_processes_bootstrap_one_database(fresh: Engine, fresh_url: URL) -> None:
    """Twenty processes that start on the same empty database all end with the current schema; one of them made it."""
    program = (
        "import sys\n"
        "from autopack_store.database.engine import open_engine\n"
        "from autopack_store.schema.guardrail import ensure_schema\n"
        "from autopack_store.schema.inspection import Chain\n"
        "sys.stdin.readline()\n"
        "print(ensure_schema(open_engine(sys.argv[1]), bootstrap=True, chain=Chain()))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, full_address(fresh_url)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(20)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate(timeout=120) for process in processes]
    assert [""] * 20 == [errors for _, errors in results]
    assert ["False\n"] * 19 + ["True\n"] == sorted(output for output, _ in results)
    assert SchemaState.CURRENT is inspect_schema(fresh, Chain()).state


def test_an_upgrade_waits_for_another_one(fresh: Engine) -> None:
    """While another process upgrades a database, an upgrade waits, and nothing of it begins."""
    with ThreadPoolExecutor(1) as pool:
        with exclusive(fresh):
            upgrade = pool.submit(upgrade_schema, fresh, Chain())
            with pytest.raises(TimeoutError):
                upgrade.result(timeout=1)
            assert SchemaState.EMPTY is inspect_schema(fresh, Chain()).state
        assert upgrade.result(timeout=60) is True


@on_sqlite
def test_a_file_that_is_no_database_is_data_loss(fresh: Engine, tmp_path: Path) -> None:
    """A file of another format is refused as damaged, and stays as it is."""
    content = b"this is not a database, " * 100
    _path(tmp_path).write_bytes(content)
    with pytest.raises(DataLoss, match="no SQLite database"):
        ensure_schema(fresh, bootstrap=True, chain=Chain())
    assert content == _path(tmp_path).read_bytes()


def test_a_missing_folder_is_a_storage_error(tmp_path: Path) -> None:
    """A database in a folder that does not exist is a clear error, not a new folder."""
    nowhere = open_engine(file_url(tmp_path / "missing" / "store.db"))
    with pytest.raises(StorageError, match=r"missing/store\.db\.lock: cannot be created"):
        upgrade_schema(nowhere, Chain())


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///relative.db",
        "sqlite:///./relative.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////tmp/x.db?mode=ro",
        "mysql://host/name",
        "postgresql+psycopg2://host/name",
        "not an address",
        "",
    ],
)
def test_only_absolute_sqlite_addresses_are_taken(url: str) -> None:
    """Anything but the absolute path of a SQLite file is refused, with the form that is expected."""
    with pytest.raises(ConfigurationError, match="sqlite:////absolute/path/to/file"):
        open_engine(url)


@pytest.mark.parametrize("name", ["a b.db", "what?.db", "50%.db", "ünï#.db"])
def test_a_path_may_hold_any_character(tmp_path: Path, name: str) -> None:
    """A file's address holds whatever characters its path has."""
    engine = open_engine(file_url(tmp_path / name))
    assert ensure_schema(engine, bootstrap=True, chain=Chain()) is True
    engine.dispose()
    assert {name, f"{name}.lock"} <= {entry.name for entry in tmp_path.iterdir()}


def test_refusals_are_told_apart() -> None:
    """Every refusal has a reason code of its own."""
    kinds = [
        SchemaMissing,
        ForeignSchema,
        SchemaUnversioned,
        SchemaOutdated,
        SchemaNewer,
        SchemaUnknown,
        SchemaHalfApplied,
        SchemaDiffers,
        MigrationRefused,
    ]
    assert len(kinds) == len({kind.reason for kind in kinds})
    assert all(issubclass(kind, SchemaRefused) for kind in kinds)
    assert HEAD == Chain().head
    assert issubclass(StorageExhausted, StorageError)
