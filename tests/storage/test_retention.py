"""Letting go what is old: just that, and nothing that is still cited, beside a store that works."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from autopack_model.changed_files.document import changed_files_digest
from autopack_model.decision.document import decision_digest
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import RunState, SideEvidence
from autopack_store.database.engine import reading, writing
from autopack_store.errors import ConfigurationError, NotFound, StorageError, StoreError
from autopack_store.evidence.rules import Place, upload_evidence
from autopack_store.requests import Request
from autopack_store.runs.ending import Ending
from autopack_store.runs.rules import attach_evidence
from autopack_store.schema.tables.evidence import measurement, outcome, test_set, test_set_block
from autopack_store.schema.tables.metadata import metadata
from autopack_store.schema.tables.upkeep import upload_chunk
from autopack_store.unit_of_work import SqlDatabase
from autopack_store.upkeep.limits import Limits, Removed, age_ms
from autopack_store.upkeep.retention import Retention
from tests.fakes.evidence import make_evidence
from tests.fakes.results import make_auditor_result, make_builder_result
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_key, make_spec
from tests.storage.afterwards import add_afterwards
from tests.storage.conftest import Ticks
from tests.storage.databases import on_postgresql, on_sqlite

OLD, CUTOFF, NEW = 1_000, 2_000, 3_000
LIMITS = Limits(cutoff_ms=CUTOFF, keep_runs=0, uploads_from_ms=CUTOFF)


def _evidence(name: str) -> Evidence:
    return make_evidence({f"tests/test_{name}.py::test_1": TestState.PASSED})


def _upload(database: SqlDatabase, evidence: Evidence, at_ms: int = OLD) -> str:
    digest = evidence_digest(evidence)
    with database.write() as store:
        store.evidence.add(digest, facts_digest(evidence), evidence, at_ms)
    return digest


def _run(
    database: SqlDatabase,
    run_id: str,
    *,
    head: Evidence,
    base: Evidence | None = None,
    at_ms: int = OLD,
    repository: str = "/srv/project",
    ended: bool = True,
) -> AttemptRef:
    """A run that was decided and ended at ``at_ms``, with a row or more in every table that belongs to runs."""
    ref = first_attempt(run_id)
    decision = make_decision(base, head)
    for evidence in (head, *(() if base is None else (base,))):
        _upload(database, evidence, at_ms)
    with database.write() as store:
        store.runs.add(make_spec(run_id, repository=repository), ref, at_ms)
        if base is not None:
            store.runs.attach(ref, SideEvidence(side=Side.BASE, evidence_digest=evidence_digest(base), reused=True))
        store.runs.attach(ref, SideEvidence(side=Side.HEAD, evidence_digest=evidence_digest(head), reused=False))
        store.changed_files.add(ref, HEAD_FILES, changed_files_digest(HEAD_FILES))
        built, audited = make_builder_result(ref), make_auditor_result(ref)
        store.results.add_builder(built, "sha256:b", at_ms)
        store.runs.advance(ref, AttemptState.TESTING)
        store.runs.advance(ref, AttemptState.DECIDING)
        store.decisions.add(ref, decision, decision_digest(decision), TERMS, at_ms)
        store.results.add_auditor(audited, "sha256:a", at_ms)
        if ended:
            store.runs.advance(ref, AttemptState.BLOCKED)
            store.runs.finish(run_id, Ending(state=RunState.DECIDED, failure=None), at_ms)
            add_afterwards(store, ref, decision)
    return ref


def _history(engine: Engine, ref: AttemptRef, number: int) -> None:
    with writing(engine).begin() as connection:
        if connection.execute(select(func.count()).select_from(measurement)).scalar_one() < number:
            key = {"run_id": ref.run_id, "phase": ref.phase, "attempt": ref.attempt, "side": 2}
            connection.execute(insert(measurement).values(key | {"repository_key": 1, "retry": 0, "tree": "t"}))
        connection.execute(insert(outcome).values(outcome_key=number, state=3, measurement_id=number))


def _counts(engine: Engine) -> dict[str, int]:
    with reading(engine).begin() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }


def _removed(engine: Engine, limits: Limits = LIMITS) -> Removed:
    return sum(Retention(engine, Ticks()).remove(limits), start=Removed())


def _run_ids(database: SqlDatabase, *known: str) -> set[str]:
    with database.read() as store:
        return {run_id for run_id in known if store.runs.get(run_id) is not None}


def test_an_old_run_goes_with_all_that_is_its(engine: Engine, database: SqlDatabase) -> None:
    """A run that is old goes with everything in it and all that nothing else cites; the survey foretold it exactly."""
    empty = _counts(engine)
    ref = _run(database, "run-1", head=_evidence("head"), base=_evidence("base"))
    _history(engine, ref, 1)
    with database.write() as store:
        request = Request.of("CreateRun", "request-1", ref)
        store.requests.claim(request)
        store.requests.settle(request, "created")
        store.baselines.add(make_key(_evidence("base")), evidence_digest(_evidence("base")), OLD)
    with writing(engine).begin() as connection:
        if connection.execute(select(func.count()).select_from(test_set_block)).scalar_one() == 0:
            digest = connection.execute(select(test_set.c.test_set_digest).limit(1)).scalar_one()
            block = {"test_set_digest": digest, "position": 0, "first_index": 0, "first_id": "t", "test_ids": b"t"}
            connection.execute(insert(test_set_block).values(block))
        chunk = {"request_id": "u", "position": 0, "evidence_digest": "e", "chunk": b"12345", "created_at_ms": OLD}
        connection.execute(insert(upload_chunk).values(chunk))
    limits = Limits(cutoff_ms=2_000_000_000_000, keep_runs=0, uploads_from_ms=CUTOFF)
    before = _counts(engine)
    assert {name for name in metadata.tables if name != "retention"} == {name for name in before if before[name] > 0}
    foretold = Retention(engine, Ticks()).survey(limits)
    assert before == _counts(engine)
    removed = _removed(engine, limits)
    assert foretold == removed
    assert (1, 1, 2, 2, 1, 1) == (
        removed.runs,
        removed.baselines,
        removed.evidence,
        removed.test_sets,
        removed.requests,
        removed.upload_chunks,
    )
    assert sum(before.values()) - sum(empty.values()) == removed.rows
    assert removed.bytes > 5
    after = _counts(engine)
    assert empty == after | {"retention": 0}


def test_what_is_kept_keeps_what_it_cites(engine: Engine, database: SqlDatabase) -> None:
    """Evidence that a kept run rests on stays, with its test set, its baseline, and its bytes, however old it is."""
    shared, gone = _evidence("shared"), _evidence("gone")
    _run(database, "old", head=gone, base=shared)
    kept = _run(database, "new", head=_evidence("new"), base=shared, at_ms=NEW)
    with database.write() as store:
        store.baselines.add(make_key(shared), evidence_digest(shared), OLD)
    foretold = Retention(engine, Ticks()).survey(LIMITS)
    removed = _removed(engine)
    assert foretold == removed
    assert (1, 0, 1, 1) == (removed.runs, removed.baselines, removed.evidence, removed.test_sets)
    with database.read() as store:
        assert store.runs.get("old") is None
        assert store.evidence.get(evidence_digest(gone)) is None
        assert shared == store.evidence.get(evidence_digest(shared))
        assert evidence_digest(shared) == store.baselines.find(make_key(shared))
        assert store.decisions.get(kept) is not None
        assert store.changed_files.get(kept) is not None


def test_running_and_newest_runs_stay(engine: Engine, database: SqlDatabase) -> None:
    """A run that goes on stays, however old; so do the newest ended ones of each repository, and those within the
    limit.
    """
    head = _evidence("head")
    for number in range(4):
        _run(database, f"a{number}", head=head, at_ms=OLD + number, repository="/srv/a")
    _run(database, "b0", head=head, repository="/srv/b")
    _run(database, "going-on", head=head, repository="/srv/a", ended=False)
    _run(database, "recent", head=head, at_ms=NEW, repository="/srv/b")
    limits = Limits(cutoff_ms=CUTOFF, keep_runs=2, uploads_from_ms=CUTOFF)
    assert 2 == Retention(engine, Ticks()).survey(limits).runs
    assert 2 == _removed(engine, limits).runs
    known = ("a0", "a1", "a2", "a3", "b0", "going-on", "recent")
    assert {"a2", "a3", "b0", "going-on", "recent"} == _run_ids(database, *known)
    assert 2 == _removed(engine, Limits(cutoff_ms=OLD + 3, keep_runs=0, uploads_from_ms=CUTOFF)).runs
    assert {"a3", "going-on", "recent"} == _run_ids(database, *known)


def test_recent_evidence_and_baselines_stay_uncited(engine: Engine, database: SqlDatabase) -> None:
    """What was uploaded or recorded within the limit stays though nothing cites it yet: a gate may be about to."""
    recent, old = _evidence("recent"), _evidence("old")
    _upload(database, recent, NEW)
    digest = _upload(database, old, OLD)
    with database.write() as store:
        store.baselines.add(make_key(old), digest, NEW)
    assert Removed() == Retention(engine, Ticks()).survey(LIMITS)
    assert Removed() == _removed(engine)


def test_history_of_kept_runs_stays(engine: Engine, database: SqlDatabase) -> None:
    """The outcomes of a run go with it, those of others stay."""
    _history(engine, _run(database, "old", head=_evidence("old")), 1)
    _history(engine, _run(database, "new", head=_evidence("new"), at_ms=NEW), 2)
    with reading(engine).begin() as connection:
        kept = connection.execute(
            select(measurement.c.measurement_id).where(measurement.c.run_id == "new")
        ).scalar_one()
    _removed(engine)
    with reading(engine).begin() as connection:
        assert [kept] == list(connection.execute(select(outcome.c.measurement_id)).scalars())


def test_every_removal_is_on_record(engine: Engine, database: SqlDatabase) -> None:
    """Each transaction leaves a row that says when, by which limits, and how much; that record is immutable."""
    _run(database, "run-1", head=_evidence("head"))
    removed = _removed(engine)
    with engine.connect() as connection:
        rows = connection.execute(select(metadata.tables["retention"])).all()
        assert {(CUTOFF, 0, None)} == {(row.cutoff_ms, row.keep_runs, row.unfinished) for row in rows}
        assert removed == sum((Removed(**row.removed) for row in rows), start=Removed())
        assert all(row.finished_at_ms > row.started_at_ms for row in rows)
    for statement in ("UPDATE retention SET keep_runs = 7", "DELETE FROM retention"):
        with engine.connect() as connection, pytest.raises(IntegrityError, match="rows of retention are immutable"):
            connection.execute(text(statement))


OPENED = (
    "INSERT INTO retention (retention_id, started_at_ms, cutoff_ms, keep_runs, removed, unfinished) "
    "VALUES ('mine', 1, 1, 0, '{}', 'unfinished')"
)


def test_a_pass_cannot_stay_unfinished(engine: Engine, database: SqlDatabase) -> None:
    """A transaction that begins a pass and does not finish it cannot be committed, so no door stays open."""
    _run(database, "run-1", head=_evidence("head"))
    before = _counts(engine)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        _leave_open(engine)
    assert before == _counts(engine)


def _leave_open(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        connection.exec_driver_sql(OPENED)
        connection.exec_driver_sql("DELETE FROM reason")


@pytest.mark.parametrize("statement", ["UPDATE reason SET subject_count = 7", "UPDATE run SET state = 1"])
def test_nothing_changes_during_a_pass(engine: Engine, database: SqlDatabase, statement: str) -> None:
    """Retention lets rows go, and changes none."""
    _run(database, "run-1", head=_evidence("head"))
    with engine.connect() as connection:
        connection.exec_driver_sql(OPENED)
        with pytest.raises(IntegrityError, match="immutable"):
            connection.exec_driver_sql(statement)


@on_postgresql
def test_others_stay_refused_during_a_pass(engine: Engine, database: SqlDatabase) -> None:
    """While a pass is in progress, another transaction still cannot delete anything."""
    _run(database, "run-1", head=_evidence("head"))
    with engine.connect() as passing, engine.connect() as other:
        passing.exec_driver_sql(OPENED)
        passing.exec_driver_sql("DELETE FROM reason")
        with pytest.raises(IntegrityError, match="rows of reason are immutable"):
            other.exec_driver_sql("DELETE FROM reason")


@on_postgresql
@pytest.mark.usefixtures("kind")
def test_evidence_that_is_just_being_cited_stays(engine: Engine, database: SqlDatabase) -> None:
    """Evidence that an uncommitted transaction attaches is passed over; it stays when that one is kept."""
    head = _evidence("head")
    digest = _upload(database, head)
    with database.write() as store:
        store.runs.add(make_spec("run-1"), first_attempt("run-1"), NEW)
    with database.write() as store:
        store.runs.attach(first_attempt("run-1"), SideEvidence(side=Side.HEAD, evidence_digest=digest, reused=True))
        assert 0 == _removed(engine).evidence
    with database.read() as store:
        assert head == store.evidence.get(digest)


@on_postgresql
def test_who_cites_what_is_just_going_is_told(engine: Engine, database: SqlDatabase) -> None:
    """Who cites evidence that another transaction is removing waits for it, is told to try again, and then that it is
    gone; nothing dangles.
    """
    head = _evidence("head")
    digest = _upload(database, head)
    ref = first_attempt("run-1")
    with database.write() as store:
        store.runs.add(make_spec("run-1"), ref, NEW)
    side = SideEvidence(side=Side.HEAD, evidence_digest=digest, reused=True)

    def cite() -> object:
        return attach_evidence(database, "request-1", ref, side)

    with ThreadPoolExecutor(1) as pool:
        with writing(engine).begin() as passing:
            passing.exec_driver_sql(OPENED)
            passing.execute(text("SELECT FROM evidence FOR UPDATE"))
            waiting = pool.submit(cite)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
            passing.exec_driver_sql("DELETE FROM evidence")
            passing.exec_driver_sql("UPDATE retention SET unfinished = NULL")
        with pytest.raises(StorageError, match=r"was removed meanwhile.*try again"):
            waiting.result(timeout=60)
    with pytest.raises(NotFound, match="upload it first"):
        cite()


def test_passes_beside_a_store_that_works(engine: Engine, database: SqlDatabase) -> None:
    """Passes that run all the time beside mutations leave no reference without its target, and lose no kept run."""
    stop = threading.Event()

    def collect() -> None:
        while not stop.is_set():
            _removed(engine, Limits(cutoff_ms=CUTOFF, keep_runs=0, uploads_from_ms=CUTOFF))

    def work(worker: int) -> list[str]:
        kept = []
        for number in range(12):
            evidence = _evidence(str(number % 3))
            digest, run_id = evidence_digest(evidence), f"run-{worker}-{number}"
            try:
                place = Place(baseline=make_key(evidence))
                upload_evidence(database, lambda: OLD, f"upload-{run_id}", digest, evidence, place=place)
                with database.write() as store:
                    store.runs.add(make_spec(run_id), first_attempt(run_id), NEW)
                side = SideEvidence(side=Side.HEAD, evidence_digest=digest, reused=True)
                attach_evidence(database, f"attach-{run_id}", first_attempt(run_id), side)
            except (NotFound, StorageError):
                continue
            kept.append(run_id)
        return kept

    with ThreadPoolExecutor(5) as pool:
        collectors = [pool.submit(collect) for _ in range(2)]
        workers = [pool.submit(work, worker) for worker in range(3)]
        try:
            kept = [run_id for worker in workers for run_id in worker.result(timeout=120)]
        finally:
            stop.set()
        for collector in collectors:
            collector.result(timeout=120)
    assert kept
    with database.read() as store:
        for run_id in kept:
            run = store.runs.get(run_id)
            assert run is not None
            (side,) = run.attempts[0].evidence
            assert store.evidence.get(side.evidence_digest) is not None


def test_large_removals_take_several_transactions(
    engine: Engine, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes is split into transactions of bounded size, and comes to the same."""
    for number in range(5):
        _run(database, f"run-{number}", head=_evidence(str(number)))
    foretold = Retention(engine, Ticks()).survey(LIMITS)
    monkeypatch.setattr("autopack_store.upkeep.retention.RUNS", 2)
    monkeypatch.setattr("autopack_store.upkeep.retention.ROWS", 2)
    parts = list(Retention(engine, Ticks()).remove(LIMITS))
    assert [2, 2, 1] == [part.runs for part in parts if part.runs]
    assert [2, 2, 1] == [part.evidence for part in parts if part.evidence]
    assert foretold == sum(parts, start=Removed())


@on_sqlite
@pytest.mark.usefixtures("kind")
def test_a_pass_that_is_given_up_leaves_whole_things(engine: Engine, database: SqlDatabase) -> None:
    """A pass that ends after its first transaction keeps what went, and the next one does the rest."""
    for number in range(2):
        _run(database, f"run-{number}", head=_evidence(str(number)))
    first = next(iter(Retention(engine, Ticks()).remove(LIMITS)))
    assert (2, 0) == (first.runs, first.evidence)
    assert (0, 2) == ((rest := _removed(engine)).runs, rest.evidence)


def test_the_limits_count_from_now(engine: Engine, database: SqlDatabase) -> None:
    """The limit is an age: what is younger stays, what is older goes."""
    _run(database, "run-1", head=_evidence("head"))
    retention = Retention(engine, Ticks())
    for older_than_ms, runs in ((500, 0), (100, 1)):
        limits = Limits.before(OLD + 200, older_than_ms, 0)
        assert runs == retention.survey(limits).runs
        assert runs == sum(retention.remove(limits), start=Removed()).runs


@pytest.mark.parametrize(("said", "hours"), [("1h", 1), ("30d", 720), ("4w", 672)])
def test_an_age_is_hours_days_or_weeks(said: str, hours: int) -> None:
    """An age is a number with its unit."""
    assert hours * 3_600_000 == age_ms(said)


@pytest.mark.parametrize("said", ["", "30", "0d", "-1d", "30 days", "1m", "1.5d", "d", "9999999d"])
def test_anything_else_is_no_age(said: str) -> None:
    """What could be read in two ways, or is less than an hour, is refused."""
    with pytest.raises(ConfigurationError, match="12h, 30d, 4w"):
        age_ms(said)
    assert issubclass(ConfigurationError, StoreError)
