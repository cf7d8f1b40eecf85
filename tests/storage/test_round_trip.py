"""What goes in comes out equal, or not at all."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, text

from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult, RecordedAuditorResult
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.run.value import Run, RunSpec, RunState
from autopack_store.errors import DataLoss
from autopack_store.results.sql import StoredBuilderResult
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_attempt, make_decision, make_spec
from tests.storage.conftest import Ticks
from tests.storage.databases import drop_trigger, on_sqlite
from tests.storage.strategies import (
    auditor_results,
    builder_results,
    changed_files,
    decisions,
    evidences,
    run_specs,
)

repeatedly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

EVIDENCE = make_evidence(
    {"tests/test_a.py::test_1": TestState.PASSED, "tests/test_a.py::test_2": TestState.FAILED},
    durations_ms={"tests/test_a.py::test_1": 7},
)
DIGEST = evidence_digest(EVIDENCE)
REF = first_attempt()


def _store_run(database: SqlDatabase) -> None:
    with database.write() as store:
        assert store.runs.add(make_spec(), REF, 1)


def _store_evidence(database: SqlDatabase, evidence: Evidence = EVIDENCE) -> str:
    digest = evidence_digest(evidence)
    with database.write() as store:
        store.evidence.add(digest, facts_digest(evidence), evidence, 1)
    return digest


@repeatedly
@given(evidence=evidences())
def test_evidence_comes_back_equal(database: SqlDatabase, evidence: Evidence) -> None:
    """Any evidence that the contract allows is read back equal to what was stored."""
    digest = _store_evidence(database, evidence)
    with database.read() as store:
        assert evidence == store.evidence.get(digest)


@repeatedly
@given(recorded=changed_files())
def test_changed_files_come_back_equal(database: SqlDatabase, clock: Ticks, recorded: ChangedFiles) -> None:
    """Any changed files, backslashes and line ends in paths included, are read back equal to what was recorded."""
    ref = first_attempt(f"run-{clock()}")
    with database.write() as store:
        store.runs.add(make_spec(ref.run_id), ref, 1)
        store.changed_files.add(ref, recorded, changed_files_digest(recorded))
    with database.read() as store:
        assert recorded == store.changed_files.get(ref)


@repeatedly
@given(decision=decisions)
def test_decisions_come_back_equal(database: SqlDatabase, clock: Ticks, decision: Decision) -> None:
    """Any decision that the contract allows is read back equal to what was recorded."""
    evidence = _store_evidence(database)
    cited = replace(
        decision,
        base=None if decision.base is None else replace(decision.base, evidence_digest=evidence),
        head=replace(decision.head, evidence_digest=evidence),
        cross=None if decision.cross is None else replace(decision.cross, evidence_digest=evidence),
        reverse=None if decision.reverse is None else replace(decision.reverse, evidence_digest=evidence),
    )
    ref = first_attempt(f"run-{clock()}")
    with database.write() as store:
        store.runs.add(make_spec(ref.run_id), ref, 1)
        store.decisions.add(ref, cited, decision_digest(cited), TERMS, 1)
    with database.read() as store:
        assert cited == store.decisions.get(ref)


@repeatedly
@given(result=builder_results())
def test_builder_results_come_back_equal(database: SqlDatabase, clock: Ticks, result: BuilderResult) -> None:
    """Any builder result that the contract allows is read back equal to what was recorded."""
    ref = first_attempt(f"run-{clock()}")
    recorded = replace(result, attempt=ref)
    digest = builder_result_digest(recorded)
    with database.write() as store:
        store.runs.add(make_spec(ref.run_id), ref, 1)
        store.results.add_builder(recorded, digest, 7)
    with database.read() as store:
        assert StoredBuilderResult(result=recorded, result_digest=digest, recorded_at_ms=7) == store.results.builder(
            ref
        )


@repeatedly
@given(result=auditor_results())
def test_auditor_results_come_back_equal(database: SqlDatabase, clock: Ticks, result: AuditorResult) -> None:
    """Any auditor result that the contract allows is read back equal to what was recorded."""
    ref = first_attempt(f"run-{clock()}")
    recorded = replace(result, attempt=ref)
    digest = auditor_result_digest(recorded)
    with database.write() as store:
        store.runs.add(make_spec(ref.run_id), ref, 1)
        store.results.add_auditor(recorded, digest, 7)
    with database.read() as store:
        assert RecordedAuditorResult(result=recorded, result_digest=digest, recorded_at_ms=7) == store.results.auditor(
            ref
        )


@repeatedly
@given(drawn=run_specs)
def test_runs_come_back_equal(database: SqlDatabase, clock: Ticks, drawn: RunSpec) -> None:
    """A run's spec is read back equal, whatever characters its texts hold."""
    spec = replace(drawn, run_id=f"run-{clock()}")
    ref = first_attempt(spec.run_id)
    with database.write() as store:
        store.runs.add(spec, ref, 5)
    expected = Run(
        spec=spec,
        state=RunState.RUNNING,
        created_at_ms=5,
        finished_at_ms=None,
        failure=None,
        attempts=(make_attempt(ref),),
    )
    with database.read() as store:
        assert expected == store.runs.get(spec.run_id)


def test_suite_runs_over_the_same_tests_share_one_test_set(database: SqlDatabase, engine: Engine) -> None:
    """Two suite runs over the same test ids are two rows of evidence and one test set."""
    _store_evidence(database)
    _store_evidence(database, replace(EVIDENCE, durations=b""))
    with engine.connect() as connection:
        assert 2 == connection.execute(text("SELECT count(*) FROM evidence")).scalar_one()
        assert 1 == connection.execute(text("SELECT count(*) FROM test_set")).scalar_one()


def test_evidence_is_stored_once(database: SqlDatabase) -> None:
    """Adding evidence that is there already says so and changes nothing."""
    with database.write() as store:
        assert store.evidence.add(DIGEST, facts_digest(EVIDENCE), EVIDENCE, 1) is True
        assert store.evidence.add(DIGEST, facts_digest(EVIDENCE), EVIDENCE, 2) is False


def test_large_evidence_is_small(database: SqlDatabase, engine: Engine) -> None:
    """Fifty thousand outcomes with durations take under eight bytes each besides the shared test ids."""
    count = 50_000
    outcomes = {f"tests/test_{n // 100:04}.py::test_{n % 100:02}": TestState.PASSED for n in range(count)}
    evidence = make_evidence(outcomes, durations_ms={test_id: n % 7 for n, test_id in enumerate(outcomes)})
    digest = _store_evidence(database, evidence)
    with database.read() as store:
        assert evidence == store.evidence.get(digest)
    columns = " + ".join(f"length({name})" for name in ("suite_run", "collectors", "states", "durations", "details"))
    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT {columns} FROM evidence")).scalar_one() < 8 * count


def _damage(engine: Engine, table: str, assignment: str) -> None:
    with engine.begin() as connection:
        drop_trigger(connection, table)
        connection.execute(text(f"UPDATE {table} SET {assignment}"))


def _flipped(engine: Engine, table: str, column: str, choose: Callable[[int], int]) -> None:
    with engine.begin() as connection:
        blob = bytearray(connection.execute(text(f"SELECT {column} FROM {table}")).scalar_one())
        blob[choose(len(blob))] ^= 0x41
        drop_trigger(connection, table)
        connection.execute(text(f"UPDATE {table} SET {column} = :blob"), {"blob": bytes(blob)})


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("evidence", "suite_run"),
        ("evidence", "collectors"),
        ("evidence", "states"),
        ("evidence", "durations"),
        ("evidence", "details"),
        ("test_set_block", "test_ids"),
    ],
)
def test_damaged_evidence_is_data_loss(
    database: SqlDatabase, engine: Engine, table: str, column: str, place: str
) -> None:
    """A single changed byte in any blob of evidence raises DataLoss instead of giving other evidence."""
    digest = _store_evidence(database)
    _flipped(engine, table, column, lambda size: {"first": 0, "middle": size // 2, "last": size - 1}[place])
    with database.read() as store, pytest.raises(DataLoss, match="restore the database from a backup"):
        store.evidence.get(digest)


def test_evidence_of_another_row_is_data_loss(database: SqlDatabase, engine: Engine) -> None:
    """Well-formed blobs that belong to other evidence raise DataLoss: the digest is computed again."""
    digest = _store_evidence(database)
    other = _store_evidence(database, replace(EVIDENCE, durations=b""))
    _damage(
        engine,
        "evidence",
        f"durations = (SELECT durations FROM evidence AS o WHERE o.evidence_digest = '{other}')",  # both rows
    )
    with database.read() as store, pytest.raises(DataLoss, match="its digest differs"):
        store.evidence.get(digest)


@on_sqlite
def test_a_column_that_is_not_json_is_data_loss(database: SqlDatabase, engine: Engine) -> None:
    """What SQLite lets stand in a column of JSON, though it is none, raises DataLoss."""
    with database.write() as store:
        store.runs.add(make_spec("run"), first_attempt("run"), 0)
    _damage(engine, "run", "arguments = '['")
    with pytest.raises(DataLoss, match="something else than the JSON that belongs there"), database.read() as store:
        store.runs.get("run")


@pytest.mark.parametrize(
    "assignment", ["path = 'src/other.py'", "lines_added = 4", "kind = 99", "path = 'zzz' || path"]
)
def test_damaged_changed_files_are_data_loss(database: SqlDatabase, engine: Engine, assignment: str) -> None:
    """A changed row of changed files raises DataLoss."""
    _store_run(database)
    with database.write() as store:
        store.changed_files.add(REF, HEAD_FILES, changed_files_digest(HEAD_FILES))
    _damage(engine, "changed_file", assignment)
    with database.read() as store, pytest.raises(DataLoss, match="changed files of run-1/gate/1"):
        store.changed_files.get(REF)


def _store_decision(database: SqlDatabase) -> None:
    _store_run(database)
    _store_evidence(database)
    decision = make_decision(None, EVIDENCE)
    with database.write() as store:
        store.decisions.add(REF, decision, decision_digest(decision), TERMS, 1)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_damaged_decision_is_data_loss(database: SqlDatabase, engine: Engine, place: str) -> None:
    """A single changed byte in a decision's record raises DataLoss."""
    _store_decision(database)
    _flipped(engine, "decision", "record", lambda size: {"first": 0, "middle": size // 2, "last": size - 1}[place])
    with database.read() as store, pytest.raises(DataLoss, match="decision of run-1/gate/1"):
        store.decisions.get(REF)


@pytest.mark.parametrize("column", ["decision_digest", "record_digest"])
def test_a_decision_under_another_digest_is_data_loss(database: SqlDatabase, engine: Engine, column: str) -> None:
    """A decision that does not come to its recorded digests raises DataLoss."""
    _store_decision(database)
    _damage(engine, "decision", f"{column} = 'sha256:{'0' * 64}'")
    with database.read() as store, pytest.raises(DataLoss, match="digest differs"):
        store.decisions.get(REF)
