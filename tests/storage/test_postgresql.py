"""What only PostgreSQL has: a server that may be gone or refuse, roles, time limits, row locks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import IntegrityError

from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.run.value import SideEvidence
from autopack_store.database.engine import label, open_engine, writing
from autopack_store.errors import ConfigurationError, DataLoss, StorageError, StorageExhausted, StoreError
from autopack_store.schema.evolution import upgrade_schema
from autopack_store.schema.guardrail import ensure_schema
from autopack_store.schema.inspection import Chain, inspect_schema
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.store import first_attempt, make_spec
from tests.storage.conftest import Ticks
from tests.storage.databases import Databases, full_address, on_postgresql

pytestmark = on_postgresql

EVIDENCE = make_evidence({"tests/test_a.py::test_1": TestState.PASSED})
DIGEST = evidence_digest(EVIDENCE)


def _add_run(database: SqlDatabase, run_id: str = "run-1") -> None:
    with database.write() as store:
        store.runs.add(make_spec(run_id), first_attempt(run_id), 1)


def _add_evidence(database: SqlDatabase) -> None:
    with database.write() as store:
        store.runs.add(make_spec("run-2"), first_attempt("run-2"), 1)
        store.evidence.add(DIGEST, facts_digest(EVIDENCE), EVIDENCE, 1)


def _connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(full_address(url.set(drivername="postgresql")), autocommit=True)


def _with_options(url: URL, options: str) -> Engine:
    return open_engine(url.update_query_dict({"options": options}))


def _end_connections(url: URL) -> None:
    with _connect(url) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_lost_connection_is_a_storage_error_and_keeps_nothing(url: URL, database: SqlDatabase) -> None:
    """When the server ends the connection in the middle of a mutation, the error says so and nothing is kept."""

    def lose() -> None:
        with database.write() as store:
            store.runs.add(make_spec(), first_attempt(), 1)
            _end_connections(url)
            store.runs.get("run-1")

    with pytest.raises(StorageError, match=r"the connection was lost .*same request id"):
        lose()
    with database.read() as store:
        assert store.runs.get("run-1") is None


def test_connections_that_were_lost_while_idle_cost_nothing(url: URL, database: SqlDatabase) -> None:
    """After a restart of the server, the next units of work just succeed."""
    _add_run(database)
    _end_connections(url)
    with database.read() as store:
        assert store.runs.get("run-1") is not None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda url: URL.create("postgresql", "me", "s3cret", "127.0.0.1", 1, "store"), "Connection refused"),
        (lambda url: url.set(database="no_such_database"), 'database "no_such_database" does not exist'),
        (lambda url: url.set(username="no_such_role"), "no_such_role"),
        (lambda url: url.update_query_dict({"sslmode": "sideways"}), "sslmode"),
    ],
    ids=["server", "database", "role", "parameter"],
)
def test_a_database_that_cannot_be_reached(url: URL, change: Callable[[URL], URL], expected: str) -> None:
    """What cannot be reached or does not let us in is a storage error that says why, without the password."""
    engine = open_engine(change(url))
    for attempt in (inspect_schema, upgrade_schema):
        with pytest.raises(StorageError, match="cannot be reached") as caught:
            attempt(engine, Chain())
        assert expected in caught.value.message
        assert "s3cret" not in caught.value.message
    engine.dispose()


def test_no_message_shows_a_password(url: URL) -> None:
    """The address in messages has no password, wherever it stood."""
    shown = label(open_engine(url.set(password="s3cret").update_query_dict({"sslpassword": "hidden1"})))
    assert ("s3cret" in shown, "hidden1" in shown, "***" in shown) == (False, False, True)
    with pytest.raises(ConfigurationError) as caught:
        open_engine("postgresql://me:s3cret@host:port/name")
    assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://me@host", "names no database"),
        ("postgresql:///", "names no database"),
        ("postgresql://me@host/name?sslmod=require", "'sslmod' is not a parameter"),
    ],
)
def test_a_wrong_address_is_refused(address: str, expected: str, kind: str) -> None:
    """An address without a database, or with a parameter that nobody knows, is refused before anything is opened."""
    with pytest.raises(ConfigurationError, match=expected):
        open_engine(address)
    assert "postgresql" == kind


REPORTED = {
    "53100": (StorageExhausted, "the disk is full, nothing was written"),
    "25006": (StorageExhausted, "read-only"),
    "53200": (StorageError, "has no more to give"),
    "53300": (StorageError, "has no more to give"),
    "40001": (StorageError, "lost against a concurrent transaction"),
    "40P01": (StorageError, "lost against a concurrent transaction"),
    "55P03": (StorageError, "another process kept it locked"),
    "57014": (StorageError, "took too long"),
    "57P01": (StorageError, "the connection was lost"),
    "08006": (StorageError, "the connection was lost"),
    "25P03": (StorageError, "the connection was lost"),
    "42501": (StorageError, "does not let this role work"),
    "58030": (StorageError, "cannot read or write its files"),
    "XX001": (DataLoss, "is damaged"),
}


@pytest.mark.parametrize("state", sorted(REPORTED))
def test_what_the_server_reports_is_told_apart(url: URL, engine: Engine, database: SqlDatabase, state: str) -> None:
    """Whatever the server reports becomes the error that says what to do, and nothing of the mutation is kept."""
    kind, expected = REPORTED[state]
    with _connect(url) as owner:
        owner.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'because' USING ERRCODE = '{state}'; END $$"
        )
        owner.execute("CREATE TRIGGER fail BEFORE INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION fail()")
    with pytest.raises(StoreError, match=expected) as caught:
        _add_evidence(database)
    assert kind is type(caught.value)
    assert label(engine) == caught.value.subject
    with database.read() as store:
        assert store.runs.get("run-2") is None


def test_what_says_nothing_about_the_database_passes_unchanged(database: SqlDatabase) -> None:
    """A violated constraint is a defect of ours, and does not look like a failure of the database."""
    _add_run(database)
    _add_evidence(database)
    side = SideEvidence(side=Side.HEAD, evidence_digest=DIGEST, reused=False)
    with database.write() as store:
        store.runs.attach(first_attempt(), side)
    with pytest.raises(IntegrityError, match="duplicate key"), database.write() as store:
        store.runs.attach(first_attempt(), side)


def test_a_database_that_is_read_only(url: URL, database: SqlDatabase) -> None:
    """On a server that takes no writes, writing is a clear error and reading is none."""
    _add_run(database)
    engine = _with_options(url, "-c default_transaction_read_only=on")
    standby = SqlDatabase(engine, Ticks())
    for _ in range(2):
        with pytest.raises(StorageExhausted, match="read-only, nothing was written"):
            _add_run(standby, "run-2")
        with standby.read() as store:
            assert store.runs.get("run-1") is not None
    engine.dispose()


def test_reading_never_writes(database: SqlDatabase) -> None:
    """A unit of work that reads cannot write, even by mistake."""
    with pytest.raises(StorageExhausted), database.read() as store:
        store.runs.add(make_spec(), first_attempt(), 1)


def test_waiting_for_a_lock_has_an_end(url: URL, database: SqlDatabase) -> None:
    """Whoever waits for a row longer than the limit gets an error that says to try again."""
    _add_run(database)
    impatient = _with_options(url, "-c lock_timeout=50ms")
    with database.write() as store:
        store.runs.get("run-1")
        with pytest.raises(StorageError, match="another process kept it locked"):
            _look_in_a_write(SqlDatabase(impatient, Ticks()))
    impatient.dispose()


def _look_in_a_write(database: SqlDatabase) -> None:
    with database.write() as store:
        store.runs.get("run-1")


def test_a_writing_unit_of_work_keeps_its_run_as_it_is(url: URL, database: SqlDatabase) -> None:
    """A run that a writing unit of work read is changed by nobody until its end; a reading one keeps nobody waiting."""
    _add_run(database)
    statement = "SELECT FROM run FOR UPDATE NOWAIT"
    with _connect(url) as other:
        with database.read() as store:
            store.runs.get("run-1")
            other.execute(statement)
        with database.write() as store:
            store.runs.get("run-1")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(statement)


def test_nothing_slips_below_a_run_that_is_being_ended(url: URL, engine: Engine, database: SqlDatabase) -> None:
    """A row for a run that another transaction is about to end waits for it, and is refused by the database then."""
    _add_run(database)
    insertion = text(
        "INSERT INTO changed_files (run_id, phase, attempt, status, problem, changed_files_digest) "
        "VALUES ('run-1', 'gate', 1, 2, '', 'x')"
    )

    def insert() -> None:
        with writing(engine).begin() as connection:
            connection.execute(insertion)

    with ThreadPoolExecutor(1) as pool, _connect(url) as other:
        with other.transaction():
            other.execute("UPDATE run SET state = 4")
            waiting = pool.submit(insert)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
        with pytest.raises(IntegrityError, match="the run is not running"):
            waiting.result(timeout=60)


def test_connections_have_limits_and_a_name(url: URL, engine: Engine) -> None:
    """Every connection says whose it is and has time limits; what the address says comes before."""
    settings = ("application_name", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    query = text("SELECT " + ", ".join(f"current_setting('{name}')" for name in settings))
    with engine.connect() as connection:
        assert ("autopack-store", "1min", "30s", "5min") == tuple(connection.execute(query).one())
    own = open_engine(url.update_query_dict({"options": "-c lock_timeout=7s", "application_name": "mine"}))
    with own.connect() as connection:
        assert ("mine", "1min", "7s", "5min") == tuple(connection.execute(query).one())
    own.dispose()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_text_is_refused(databases: Databases, encoding: str, kind: str) -> None:
    """A database that does not keep text as UTF-8 is refused, and nothing is made in it."""
    assert "postgresql" == kind
    with databases.made(encoding=encoding) as url:
        engine = open_engine(url)
        with pytest.raises(ConfigurationError, match=f"keeps text as {encoding}"):
            ensure_schema(engine, bootstrap=True, chain=Chain())
        with pytest.raises(ConfigurationError, match=f"keeps text as {encoding}"):
            upgrade_schema(engine, Chain())
        engine.dispose()


def test_a_database_without_a_schema_to_work_in_is_refused(fresh_url: URL) -> None:
    """A search path that leads nowhere is refused, instead of a failure half way."""
    engine = _with_options(fresh_url, "-c search_path=nowhere")
    with pytest.raises(ConfigurationError, match="search_path"):
        ensure_schema(engine, bootstrap=True, chain=Chain())
    engine.dispose()


def test_an_address_may_leave_out_the_driver(url: URL) -> None:
    """postgresql:// and postgresql+psycopg:// are the same."""
    for name in ("postgresql", "postgresql+psycopg"):
        engine = open_engine(full_address(url.set(drivername=name)))
        assert "psycopg" == engine.dialect.driver
        assert ensure_schema(engine, bootstrap=False, chain=Chain()) is False
        engine.dispose()
