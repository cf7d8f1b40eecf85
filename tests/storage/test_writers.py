"""Many writers, full disks, and units of work that fail."""

import sqlite3
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, event, text

from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_store.database.engine import sqlite_path
from autopack_store.errors import DataLoss, RequestReused, StorageError, StorageExhausted
from autopack_store.requests import Request
from autopack_store.runs.page import Page, RunFilter
from autopack_store.runs.rules import create_run, list_runs
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.store import first_attempt, make_spec
from tests.storage.conftest import Ticks
from tests.storage.databases import full_address, on_sqlite

WRITER = """
import sys, time
from autopack_store.unit_of_work import SqlDatabase
from autopack_store.database.engine import open_engine
from autopack_store.runs.rules import create_run
from tests.fakes.store import first_attempt, make_spec

url, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
clock = lambda: time.time_ns() // 1_000_000
database = SqlDatabase(open_engine(url), clock)
sys.stdin.readline()
for number in range(count):
    run_id = f"run-{writer}-{number}"
    create_run(database, clock, run_id, make_spec(run_id), first_attempt(run_id))
    with database.read() as store:
        assert store.runs.get(run_id) is not None
"""


def test_twenty_processes_write_at_once(url: URL, database: SqlDatabase) -> None:
    """Twenty processes that write to one database at once all succeed, and every row is there."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, full_address(url), str(writer), "10"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for writer in range(20)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [""] * 20 == [process.communicate(timeout=120)[1] for process in processes]
    runs, _ = list_runs(database, Page.of(500, "", RunFilter(repository="")))
    expected = {f"run-{writer}-{number}" for writer in range(20) for number in range(10)}
    assert expected == {run.spec.run_id for run in runs}


def test_a_reading_unit_of_work_sees_one_moment(engine: Engine, database: SqlDatabase) -> None:
    """What a unit of work reads belongs together: it does not see what others record meanwhile."""
    with database.read() as store:
        before = store.runs.get("run-1")
        _add_two_runs(SqlDatabase(engine, Ticks()), lambda: None)
        assert before == store.runs.get("run-1")
        assert () == store.runs.page(Page.of(0, "", RunFilter(repository="")))
    with database.read() as store:
        assert store.runs.get("run-1") is not None


@on_sqlite
def test_a_writing_unit_of_work_holds_the_lock_from_its_start(engine: Engine, database: SqlDatabase) -> None:
    """A unit of work that may write keeps other writers waiting before it wrote, a reading one does not."""
    other = sqlite3.connect(sqlite_path(engine), timeout=0, isolation_level=None)
    with database.read() as store:
        assert store.runs.get("run-1") is None
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    with database.write(), pytest.raises(sqlite3.OperationalError, match="database is locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def _at_once(count: int, work: Callable[[int], object]) -> list[object]:
    barrier = threading.Barrier(count)

    def start(number: int) -> object:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_one_request_at_once_makes_one_row(database: SqlDatabase, clock: Ticks) -> None:
    """The same request from twelve threads at once is done once; all others get the first answer again."""
    answers = _at_once(12, lambda _: create_run(database, clock, "request", make_spec(), first_attempt()).replayed)
    assert [False] + [True] * 11 == sorted(answers, key=bool)
    runs, _ = list_runs(database, Page.of(0, "", RunFilter(repository="")))
    assert ["run-1"] == [run.spec.run_id for run in runs]


def test_one_request_id_with_two_bodies_at_once(database: SqlDatabase, clock: Ticks) -> None:
    """One request id with two bodies at once makes one run; every use of the other body is refused."""

    def work(number: int) -> object:
        run_id = f"run-{number % 2}"
        try:
            return create_run(database, clock, "request", make_spec(run_id), first_attempt(run_id)).replayed
        except RequestReused as error:
            return error.path

    answers = _at_once(8, work)
    assert 1 == answers.count(False)
    assert 3 == answers.count(True)
    assert 4 == answers.count("request_id")


def test_a_unit_of_work_that_raises_keeps_nothing(database: SqlDatabase) -> None:
    """When a unit of work raises half way, nothing of it is kept."""
    with pytest.raises(ZeroDivisionError):
        _add_two_runs(database, lambda: 1 // 0)
    with database.read() as store:
        assert store.runs.get("run-1") is None


def _add_two_runs(database: SqlDatabase, between: Callable[[], object]) -> None:
    with database.write() as store:
        store.runs.add(make_spec("run-1"), first_attempt("run-1"), 1)
        between()
        store.runs.add(make_spec("run-2"), first_attempt("run-2"), 1)


def test_a_failed_request_can_be_tried_again(database: SqlDatabase) -> None:
    """A request whose work failed is not taken for done."""
    request = Request.of("Test", "request", "body")
    with pytest.raises(ZeroDivisionError):
        _claim(database, request, lambda: 1 // 0)
    assert _claim(database, request, lambda: 0) is None


def _claim(database: SqlDatabase, request: Request, work: Callable[[], object]) -> str | None:
    with database.write() as store:
        answer = store.requests.claim(request)
        work()
        return answer


@on_sqlite
def test_a_full_disk_is_a_storage_error_and_keeps_nothing(engine: Engine, database: SqlDatabase) -> None:
    """When the database can take no more, the error says so, nothing of the mutation is kept, and reading goes on."""
    outcomes = {f"tests/test_a.py::test_{number}": TestState.PASSED for number in range(20_000)}
    scattered = {test_id: zlib.crc32(test_id.encode()) for test_id in outcomes}
    evidence = make_evidence(outcomes, durations_ms=scattered)

    def limit(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")

    event.listen(engine, "begin", limit)
    with pytest.raises(StorageExhausted, match="the disk is full, nothing was written"):
        _add_run_and_evidence(database, lambda store_evidence: store_evidence(evidence))
    event.remove(engine, "begin", limit)
    with database.read() as store:
        assert store.runs.get("run-1") is None
        assert store.evidence.get(evidence_digest(evidence)) is None
    with engine.connect() as connection:
        assert 0 == connection.execute(text("SELECT count(*) FROM test_set")).scalar_one()


def _add_run_and_evidence(database: SqlDatabase, add: Callable[[Callable[..., bool]], object]) -> None:
    with database.write() as store:
        store.runs.add(make_spec(), first_attempt(), 1)
        add(lambda evidence: store.evidence.add(evidence_digest(evidence), facts_digest(evidence), evidence, 1))


@on_sqlite
def test_a_read_only_database_is_a_storage_error(engine: Engine, database: SqlDatabase) -> None:
    """Writing to a database that is read-only is a clear error; reading it is none."""

    def protect(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only=ON")

    event.listen(engine, "begin", protect)
    with pytest.raises(StorageExhausted, match="the database is read-only, nothing was written"):
        _add_two_runs(database, lambda: None)
    with database.read() as store:
        assert store.runs.get("run-1") is None


@on_sqlite
def test_a_file_that_was_cut_is_data_loss(engine: Engine, database: SqlDatabase) -> None:
    """A database file that lost its end is reported as damaged."""
    engine.dispose()
    path: Path = sqlite_path(engine)
    path.write_bytes(path.read_bytes()[:8192])
    with pytest.raises(DataLoss, match="restore it from a backup"), database.read() as store:
        store.runs.get("run-1")


@on_sqlite
def test_a_file_that_is_gone_is_an_error(engine: Engine, database: SqlDatabase, tmp_path: Path) -> None:
    """A database whose folder went away is reported as not to be opened."""
    engine.dispose()
    tmp_path.rename(tmp_path.with_name("elsewhere"))
    with pytest.raises(StorageError, match="cannot be opened"), database.read():
        pytest.fail("there is nothing to read")
