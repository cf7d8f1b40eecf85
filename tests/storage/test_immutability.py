"""What is finished never changes: the database itself refuses, whoever asks."""

import contextlib

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import Recommendation
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.run.attempt_state import AttemptState, concluded
from autopack_model.run.value import RunState, SideEvidence
from autopack_store.database.engine import is_sqlite, writing
from autopack_store.requests import Request
from autopack_store.runs.ending import Ending
from autopack_store.schema.tables.metadata import metadata
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.results import make_auditor_result, make_builder_result
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_key, make_spec
from tests.storage.afterwards import add_afterwards
from tests.storage.databases import on_postgresql, on_sqlite

EVIDENCE = make_evidence({"tests/test_a.py::test_1": TestState.PASSED})
DIGEST = evidence_digest(EVIDENCE)
REF = first_attempt()
BUILT = make_builder_result()
AUDITED = make_auditor_result()

# A column of every table, with another value for it.
CHANGES = {
    "phase": "position = 7",
    "attempt": "state = 11",
    "test_set": "test_count = 7",
    "evidence": "facts_digest = 'x'",
    "attempt_evidence": "reused = TRUE",
    "baseline": "created_at_ms = 7",
    "changed_files": "problem = 'x'",
    "changed_file": "path = 'x'",
    "test_function": "name = 'x'",
    "finding": "line = 7",
    "decision": "verdict = 1",
    "further_decision": "verdict = 1",
    "approval": "answer = 2",
    "builder_result": "status = 2",
    "auditor_result": "recommendation = 3",
    "reason": "subject_count = 7",
    "run": "state = 1",
    "request": "answer = 'x'",
    "database_identity": "identity = 'x'",
    "test_set_block": "first_index = 7",
    "measurement": "tree = 'x'",
    "outcome": "state = 7",
    "retention": "keep_runs = 7",
}

CHANGING = frozenset({"upload_chunk"})
"""Tables whose rows belong to nobody yet: they come, change and go."""

MORE = {
    "measurement": "SELECT 1, 1, run_id, phase, attempt, side, retry, 'tree' FROM attempt_evidence",
    "outcome": "SELECT 1, 3, measurement_id FROM measurement",
    "retention": "SELECT 'pass', 1, 2, 1, 0, '{}', NULL",
}
"""Rows that a store makes with more than the stores' own calls below."""


@pytest.fixture
def ended(database: SqlDatabase, engine: Engine) -> SqlDatabase:
    """A store with one row or more in every table, all of an ended run."""
    decision = make_decision(None, EVIDENCE)
    request = Request.of("CreateRun", "request-1", REF)
    with database.write() as store:
        store.requests.claim(request)
        store.runs.add(make_spec(), REF, 1)
        store.evidence.add(DIGEST, facts_digest(EVIDENCE), EVIDENCE, 1)
        store.baselines.add(make_key(EVIDENCE), DIGEST, 1)
        store.runs.attach(REF, SideEvidence(side=Side.HEAD, evidence_digest=DIGEST, reused=False))
        store.changed_files.add(REF, HEAD_FILES, changed_files_digest(HEAD_FILES))
        store.results.add_builder(BUILT, builder_result_digest(BUILT), 1)
        store.runs.advance(REF, AttemptState.TESTING)
        store.decisions.add(REF, decision, decision_digest(decision), TERMS, 1)
        store.runs.advance(REF, AttemptState.DECIDING)
        store.results.add_auditor(AUDITED, auditor_result_digest(AUDITED), 1)
        store.runs.advance(REF, AttemptState.BLOCKED)
        store.runs.finish(REF.run_id, Ending(state=RunState.DECIDED, failure=None), 2)
        add_afterwards(store, REF, decision)
        store.requests.settle(request, "created")
    with writing(engine).begin() as connection:
        for table, row in MORE.items():
            if not connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one():
                connection.execute(text(f"INSERT INTO {table} {row}"))
    return database


def test_every_table_is_looked_at() -> None:
    """The cases below name every table that the store has."""
    assert sorted(metadata.tables) == sorted({*CHANGES, *CHANGING})


@pytest.mark.parametrize("table", sorted(CHANGES))
@pytest.mark.usefixtures("ended")
def test_finished_rows_refuse_a_change(engine: Engine, table: str) -> None:
    """No row of a finished run, no evidence, no baseline and no answered request can be changed by SQL."""
    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0
        with pytest.raises(IntegrityError, match=r"immutable"):
            connection.execute(text(f"UPDATE {table} SET {CHANGES[table]}"))


@pytest.mark.parametrize("table", sorted(set(CHANGES) - {"request"}))
@pytest.mark.usefixtures("ended")
def test_rows_refuse_to_go(engine: Engine, table: str) -> None:
    """No row but the log of requests can be deleted by SQL, foreign keys or not."""
    with engine.connect() as connection:
        if is_sqlite(engine):
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        with pytest.raises(IntegrityError, match=r"immutable|never deleted"):
            connection.execute(text(f"DELETE FROM {table}"))


@on_postgresql
@pytest.mark.parametrize("table", sorted(set(CHANGES) - {"request"}))
@pytest.mark.usefixtures("ended")
def test_tables_refuse_to_be_emptied(engine: Engine, table: str) -> None:
    """No table but the log of requests can be truncated, which looks at no row."""
    with engine.connect() as connection, pytest.raises(IntegrityError, match=r"immutable|never deleted"):
        connection.execute(text(f"TRUNCATE {table} CASCADE"))


@pytest.mark.parametrize(
    ("table", "columns", "values"),
    [
        ("attempt_evidence", "side, evidence_digest, reused", f"1, '{DIGEST}', FALSE"),
        ("changed_files", "status, problem, changed_files_digest", "2, '', 'x'"),
        (
            "decision",
            "decision_digest, verdict, severity, head_evidence_digest, record, record_digest, terms, created_at_ms",
            f"'x', 1, 1, '{DIGEST}', :blob, 'x', :blob, 1",
        ),
    ],
)
@pytest.mark.usefixtures("ended")
def test_an_ended_run_takes_no_more_rows(engine: Engine, table: str, columns: str, values: str) -> None:
    """Nothing can be inserted below a run that has ended."""
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO attempt (run_id, phase, attempt, state) VALUES ('run-1', 'gate', 2, 1)"))
        with pytest.raises(IntegrityError, match="the run is not running"):
            connection.execute(
                text(f"INSERT INTO {table} (run_id, phase, attempt, {columns}) VALUES ('run-1', 'gate', 2, {values})"),
                {"blob": b"\0"},
            )


@pytest.mark.parametrize(("table", "column"), [("builder_result", "status"), ("auditor_result", "recommendation")])
@pytest.mark.parametrize("state", [state for state in AttemptState if state.final])
@pytest.mark.usefixtures("ended")
def test_a_finished_attempt_takes_no_result(engine: Engine, table: str, column: str, state: AttemptState) -> None:
    """No result can be inserted for an attempt in a final state, whichever it is."""
    with engine.connect() as connection:
        connection.execute(
            text(f"INSERT INTO attempt (run_id, phase, attempt, state) VALUES ('run-1', 'gate', 2, {state:d})")
        )
        with pytest.raises(IntegrityError, match="the attempt is finished"):
            connection.execute(
                text(
                    f"INSERT INTO {table} (run_id, phase, attempt, result_digest, {column}, record, created_at_ms) "
                    "VALUES ('run-1', 'gate', 2, 'x', 1, :blob, 1)"
                ),
                {"blob": b"\0"},
            )


@pytest.mark.parametrize(
    "change", ["state = 3", "state = 99", "state = NULL", "run_id = 'run-2'", "phase = 'other'", "attempt = 7"]
)
def test_an_attempt_only_advances(database: SqlDatabase, engine: Engine, change: str) -> None:
    """An attempt in progress cannot go back, nor become another one, by SQL."""
    with database.write() as store:
        store.runs.add(make_spec(), REF, 1)
        store.runs.advance(REF, AttemptState.TESTING)
        store.runs.advance(REF, AttemptState.DECIDING)
    with engine.connect() as connection, pytest.raises(IntegrityError, match="only advances"):
        connection.execute(text(f"UPDATE attempt SET {change}"))


@pytest.mark.parametrize("state", [state for state in AttemptState if state.verdict is not None])
@pytest.mark.parametrize("recommendation", [None, *Recommendation])
@pytest.mark.parametrize("verdict", [None, Verdict.ALLOW, Verdict.BLOCK])
def test_a_conclusion_needs_its_decision(
    database: SqlDatabase,
    engine: Engine,
    verdict: Verdict | None,
    recommendation: Recommendation | None,
    state: AttemptState,
) -> None:
    """No attempt can be concluded by SQL otherwise than its decision and its auditor come to."""
    with database.write() as store:
        store.evidence.add(DIGEST, facts_digest(EVIDENCE), EVIDENCE, 1)
        store.runs.add(make_spec(), REF, 1)
        store.runs.advance(REF, AttemptState.TESTING)
        store.runs.advance(REF, AttemptState.DECIDING)
        if verdict is not None:
            decision = make_decision(None, EVIDENCE, verdict=verdict)
            store.decisions.add(REF, decision, decision_digest(decision), TERMS, 1)
        if recommendation is not None:
            audited = make_auditor_result(recommendation=recommendation)
            store.results.add_auditor(audited, auditor_result_digest(audited), 1)
    allowed = verdict is not None and state.verdict is concluded(verdict, recommendation)
    refused = contextlib.nullcontext() if allowed else pytest.raises(IntegrityError, match="concluded as its decision")
    with engine.connect() as connection, refused:
        connection.execute(text(f"UPDATE attempt SET state = {state:d}"))


@on_sqlite
@pytest.mark.parametrize("table", sorted(CHANGES))
@pytest.mark.usefixtures("ended")
def test_no_row_is_replaced(engine: Engine, table: str) -> None:
    """SQLite's REPLACE, which asks no trigger about the row that it removes, leaves every row as it is."""
    changed, _, value = CHANGES[table].partition(" = ")
    key = {column.name for column in metadata.tables[table].primary_key}
    columns = [column.name for column in metadata.tables[table].columns if column.name != changed]
    into, new = ", ".join([*columns, changed]), ", ".join([*columns, changed if changed in key else value])
    with engine.connect() as connection:
        before = connection.execute(text(f"SELECT * FROM {table}")).all()
        with contextlib.suppress(IntegrityError):
            connection.execute(text(f"INSERT OR REPLACE INTO {table} ({into}) SELECT {new} FROM {table}"))
        assert before == connection.execute(text(f"SELECT * FROM {table}")).all()


@pytest.mark.parametrize(
    ("table", "columns", "values"),
    [
        ("attempt_evidence", "side, evidence_digest, reused", f"1, '{DIGEST}', FALSE"),
        ("changed_files", "status, problem, changed_files_digest", "2, '', 'x'"),
    ],
)
def test_a_finished_attempt_takes_no_more_contents(
    database: SqlDatabase, engine: Engine, table: str, columns: str, values: str
) -> None:
    """Nothing can be inserted below an attempt that has ended, though its run goes on."""
    with database.write() as store:
        store.evidence.add(DIGEST, facts_digest(EVIDENCE), EVIDENCE, 1)
        store.runs.add(make_spec(), REF, 1)
        store.runs.advance(REF, AttemptState.CANCELLED)
    with engine.connect() as connection, pytest.raises(IntegrityError, match="the attempt is finished"):
        connection.execute(
            text(f"INSERT INTO {table} (run_id, phase, attempt, {columns}) VALUES ('run-1', 'gate', 1, {values})")
        )


def test_foreign_keys_are_enforced(engine: Engine) -> None:
    """A row that refers to nothing is refused."""
    with engine.connect() as connection, pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        connection.execute(text("INSERT INTO phase VALUES ('no-such-run', 'gate', 1)"))
