"""Everything that is stored is read back: nothing is said of what is whole, and what is damaged is named."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text

from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import Recommendation
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import RunState, SideEvidence
from autopack_store.database.compression import packed
from autopack_store.database.engine import is_sqlite, open_engine, writing
from autopack_store.requests import Request
from autopack_store.runs.ending import Ending
from autopack_store.unit_of_work import SqlDatabase
from autopack_store.upkeep.verification import Verification
from tests.fakes.evidence import make_evidence
from tests.fakes.results import make_auditor_result, make_builder_result
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_key, make_spec
from tests.storage.databases import drop_trigger, on_postgresql, on_sqlite

BASE = make_evidence({"tests/test_a.py::test_1": TestState.PASSED})
HEAD = make_evidence({"tests/test_a.py::test_1": TestState.PASSED, "tests/test_a.py::test_2": TestState.FAILED})
REF = first_attempt()


@pytest.fixture
def filled(database: SqlDatabase) -> SqlDatabase:
    """A store with a run that was built, measured, decided and audited."""
    decision = make_decision(BASE, HEAD, verdict=Verdict.ALLOW)
    built, audited = make_builder_result(REF), make_auditor_result(REF, recommendation=Recommendation.APPROVE)
    request = Request.of("CreateRun", "request-1", REF)
    with database.write() as store:
        store.requests.claim(request)
        store.requests.settle(request, "created")
        for evidence in (BASE, HEAD):
            store.evidence.add(evidence_digest(evidence), facts_digest(evidence), evidence, 5)
        store.baselines.add(make_key(BASE), evidence_digest(BASE), 5)
        store.runs.add(make_spec(), REF, 5)
        for side, evidence in ((Side.BASE, BASE), (Side.HEAD, HEAD)):
            attached = SideEvidence(side=side, evidence_digest=evidence_digest(evidence), reused=side is Side.BASE)
            store.runs.attach(REF, attached)
            if side is Side.HEAD:
                store.history.record(REF, side, 0, make_spec().repository)
        store.changed_files.add(REF, HEAD_FILES, changed_files_digest(HEAD_FILES))
        store.results.add_builder(built, builder_result_digest(built), 5)
        store.runs.advance(REF, AttemptState.TESTING)
        store.decisions.add(REF, decision, decision_digest(decision), TERMS, 5)
        store.runs.advance(REF, AttemptState.DECIDING)
        store.results.add_auditor(audited, auditor_result_digest(audited), 5)
        store.runs.advance(REF, AttemptState.ALLOWED)
        store.runs.finish(REF.run_id, Ending(state=RunState.DECIDED, failure=None), 5)
    return database


def _counts(engine: Engine, since_ms: int = 0) -> dict[str, int]:
    counts: dict[str, int] = {}
    for checked in Verification(engine).checked(since_ms):
        counts[checked.kind] = counts.get(checked.kind, 0) + checked.count
    return counts


def _damages(engine: Engine) -> list[str]:
    return [damage for checked in Verification(engine).checked(0) for damage in checked.damages]


@pytest.mark.usefixtures("filled")
def test_what_is_whole_is_counted(engine: Engine) -> None:
    """Of a store that is whole everything is counted and nothing is said."""
    assert [] == _damages(engine)
    counts = _counts(engine)
    assert (1, 2, 2) == (counts["runs"], counts["evidence"], counts["test sets"])
    assert counts["references"] > 10


@pytest.mark.usefixtures("filled")
def test_only_what_is_recent_is_read(engine: Engine) -> None:
    """With a limit only what was recorded since is read in full."""
    assert (1, 2, 2) == tuple(_counts(engine, 5)[kind] for kind in ("runs", "evidence", "test sets"))
    assert (0, 0, 0) == tuple(_counts(engine, 6)[kind] for kind in ("runs", "evidence", "test sets"))


def test_an_empty_store_is_whole(engine: Engine) -> None:
    """A store without anything in it has nothing damaged."""
    assert [] == _damages(engine)
    assert 0 == _counts(engine)["runs"]


DAMAGED = {
    "evidence": ("states = :other", "is damaged"),
    "test_set_block": ("test_ids = :other", "test set sha256:"),
    "decision": ("record = :other", "decision of run-1/gate/1: is "),
    "builder_result": ("record = :other", "builder result of run-1/gate/1: is "),
    "auditor_result": ("record = :other", "auditor result of run-1/gate/1: is "),
    "changed_file": ("lines_added = 99", "changed files of run-1/gate/1: is damaged"),
    "finding": ("line = 99", "changed files of run-1/gate/1: is damaged"),
    "test_function": ("checks = 99", "changed files of run-1/gate/1: is damaged"),
    "changed_files": ("changed_files_digest = 'x'", "changed files of run-1/gate/1: is damaged"),
    "reason": ("subject_count = 7", "decision of run-1/gate/1: its reasons"),
    "run": ("candidate = 77", "runs run-1: is damaged"),
    "baseline": ("tree = 'other'", "does not belong to the key"),
    "request": ("answer = NULL", "request request-1: was kept without an answer"),
    "attempt_evidence": ("side = side + 5 WHERE side = 1", "damaged"),
}


def _tamper(engine: Engine, table: str, change: str) -> None:
    with writing(engine).begin() as connection:
        drop_trigger(connection, table)
        connection.execute(
            text(f"UPDATE {table} SET {change}"), {"other": packed(b"other")} if ":other" in change else {}
        )


@pytest.mark.parametrize("table", sorted(DAMAGED))
@pytest.mark.usefixtures("filled")
def test_what_was_changed_from_outside_is_named(engine: Engine, table: str) -> None:
    """Whatever was changed behind the store's back is named, and reading goes on to the end."""
    change, expected = DAMAGED[table]
    _tamper(engine, table, change)
    assert any(expected in damage for damage in _damages(engine)), _damages(engine)
    assert 2 == _counts(engine)["evidence"]


BESIDE = {
    "evidence": ("facts_digest = 'x'", "its facts"),
    "test_set": ("test_count = 7", "its count says 7"),
    "decision": ("severity = 4", "its severity"),
}


@pytest.mark.parametrize("table", sorted(BESIDE))
@pytest.mark.usefixtures("filled")
def test_what_stands_beside_a_record_is_compared_with_it(engine: Engine, table: str) -> None:
    """What is kept beside a record for asking is compared with the record."""
    change, expected = BESIDE[table]
    _tamper(engine, table, change)
    assert any(expected in damage for damage in _damages(engine)), _damages(engine)


HISTORY = {
    "UPDATE outcome SET state = 4 WHERE state = 3": "1 outcomes are kept, 0 of the 1 that its evidence says",
    "DELETE FROM outcome": "0 outcomes are kept, 0 of the 1",
    "INSERT INTO outcome SELECT 7, 3, measurement_id FROM measurement": "2 outcomes are kept, 1 of the 1",
    "UPDATE outcome SET measurement_id = 77": "1 outcomes are of measurement 77, which is not there",
    "UPDATE measurement SET repository_key = 7": "its repository: says 7",
    "UPDATE test_set_block SET first_id = 'x'": "its block from 0 on: says 'x'",
}


@pytest.mark.parametrize("statement", sorted(HISTORY))
@pytest.mark.usefixtures("filled")
def test_history_and_blocks_are_compared_with_the_evidence(engine: Engine, statement: str) -> None:
    """What is kept of tests for asking is what the evidence says, no less and no more."""
    with writing(engine).begin() as connection:
        for table in ("outcome", "measurement", "test_set_block"):
            drop_trigger(connection, table)
        drop_trigger(connection, "outcome", "delete")
        connection.execute(text(statement))
    assert any(HISTORY[statement] in damage for damage in _damages(engine)), _damages(engine)


@pytest.mark.usefixtures("filled")
def test_a_conclusion_that_does_not_follow_is_named(engine: Engine) -> None:
    """An attempt in a state that its decision does not come to is named."""
    with writing(engine).begin() as connection:
        for refuses in ("update", "conclusion"):
            drop_trigger(connection, "attempt", refuses)
        connection.execute(text("UPDATE attempt SET state = 7"))
    assert ["attempt run-1/gate/1 is BLOCKED, which its decision ALLOW does not come to"] == [
        damage.partition(";")[0] for damage in _damages(engine)
    ]


@pytest.mark.usefixtures("filled")
def test_a_state_without_a_decision_is_named(engine: Engine) -> None:
    """A concluded attempt whose decision is gone is named."""

    def lose(connection: Connection) -> None:
        for table in ("reason", "decision"):
            drop_trigger(connection, table, "delete")
            connection.execute(text(f"DELETE FROM {table}"))

    with writing(engine).begin() as connection:
        lose(connection)
    assert ["attempt run-1/gate/1: is allowed, and no decision is recorded"] == [
        damage.replace("ALLOWED", "allowed") for damage in _damages(engine)
    ]


def _lose_evidence(engine: Engine, unchecked: Callable[[Connection], None]) -> None:
    with engine.connect() as connection:
        unchecked(connection)
        drop_trigger(connection, "evidence", "delete")
        connection.execute(text("DELETE FROM evidence WHERE evidence_digest = :lost"), {"lost": evidence_digest(HEAD)})
        connection.commit()


@on_sqlite
@pytest.mark.usefixtures("filled", "kind")
def test_a_reference_without_a_target_is_named_on_sqlite(engine: Engine) -> None:
    """What was deleted without the checks of foreign keys leaves references, which are named."""
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("DROP TRIGGER evidence_refuses_delete")
        raw.execute("DELETE FROM evidence WHERE evidence_digest = ?", (evidence_digest(HEAD),))
        connection.invalidate()
    _check_lost(engine)


@on_postgresql
@pytest.mark.usefixtures("filled", "kind")
def test_a_reference_without_a_target_is_named_on_postgresql(engine: Engine) -> None:
    """What was deleted without the checks of foreign keys leaves references, which are named."""
    _lose_evidence(engine, _unchecked)
    _check_lost(engine)


def _unchecked(connection: Connection) -> None:
    connection.execute(text("SET LOCAL session_replication_role = replica"))


def _check_lost(engine: Engine) -> None:
    found = _damages(engine)
    for column in ("attempt_evidence(evidence_digest)", "decision(head_evidence_digest)"):
        assert f"{column}: {evidence_digest(HEAD)} is not in evidence" in found


@on_postgresql
@pytest.mark.usefixtures("filled", "kind")
def test_reading_is_enough(engine: Engine) -> None:
    """A role that may only read can verify."""
    reader = open_engine(engine.url.update_query_dict({"options": "-c default_transaction_read_only=on"}))
    assert [] == _damages(reader)
    reader.dispose()


def test_many_things_are_read_in_parts(engine: Engine, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large store is read in transactions of bounded size, each thing once."""
    monkeypatch.setattr("autopack_store.upkeep.verification.PART", 2)
    for number in range(5):
        with database.write() as store:
            store.runs.add(make_spec(f"run-{number}"), first_attempt(f"run-{number}"), 5)
    assert [2, 2, 1] == [checked.count for checked in Verification(engine).checked(0) if checked.kind == "runs"]


@on_sqlite
@pytest.mark.usefixtures("filled", "kind")
def test_a_damaged_file_is_named(engine: Engine) -> None:
    """Pages of a SQLite file that contradict each other are named."""
    assert is_sqlite(engine)
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'ix_reason_code') "
            "WHERE name = 'ix_run_repository'"
        )
        connection.invalidate()
    assert any("the database's file" in damage for damage in _damages(engine))
