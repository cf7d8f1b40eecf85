"""Builder and auditor results, and the life of an attempt, in the store."""

from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Engine, text

from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult, Recommendation
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult, BuilderStatus
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Run, RunFailure, RunState, RunType, SideEvidence
from autopack_model.run.wire import run_to_wire
from autopack_store.decisions.rules import record_decision
from autopack_store.errors import (
    AlreadyRecorded,
    AttemptEnded,
    DataLoss,
    FailedPrecondition,
    NotFound,
    RunEnded,
    WrongConclusion,
)
from autopack_store.evidence.rules import upload_evidence
from autopack_store.requests import Answer
from autopack_store.results.rules import (
    get_auditor_result,
    get_builder_result,
    record_auditor_result,
    record_builder_result,
)
from autopack_store.runs.changed_files import record_changed_files
from autopack_store.runs.ending import Ending
from autopack_store.runs.page import Page, RunFilter
from autopack_store.runs.rules import (
    advance_attempt,
    attach_evidence,
    conclude_attempt,
    create_run,
    finish_run,
    get_run,
    list_runs,
)
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.results import make_auditor_result, make_builder_result
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_spec
from tests.storage.conftest import Ticks
from tests.storage.databases import drop_trigger

REF = first_attempt()
HEAD = make_evidence({"t::a": TestState.PASSED}, revision="c" * 40, tree="d" * 40)
DECIDED = Ending(state=RunState.DECIDED, failure=None)


@dataclass
class Store:
    """A store with one run, which numbers its requests."""

    database: SqlDatabase
    clock: Ticks
    requests: int = 0

    def request(self) -> str:
        """A fresh request id."""
        self.requests += 1
        return f"request-{self.requests}"

    def state(self) -> AttemptState:
        """The state of the run's attempt."""
        return get_run(self.database, REF.run_id).attempts[0].state

    def advance(self, state: AttemptState) -> Answer:
        """Announce a state."""
        return advance_attempt(self.database, self.request(), REF, state)

    def build(self, result: BuilderResult | None = None, request_id: str | None = None) -> Answer:
        """Record a builder result."""
        built = result or make_builder_result()
        return record_builder_result(
            self.database, self.clock, request_id or self.request(), REF, builder_result_digest(built), built
        )

    def measure(self) -> None:
        """Attach head's evidence and record the changed files."""
        upload_evidence(self.database, self.clock, self.request(), evidence_digest(HEAD), HEAD)
        entry = SideEvidence(side=Side.HEAD, evidence_digest=evidence_digest(HEAD), reused=False)
        attach_evidence(self.database, self.request(), REF, entry)
        record_changed_files(self.database, self.request(), REF, HEAD_FILES, changed_files_digest(HEAD_FILES))

    def decide(self, verdict: Verdict) -> None:
        """Record a decision."""
        decision = make_decision(None, HEAD, verdict=verdict)
        record_decision(
            self.database, self.clock, self.request(), REF, decision_digest(decision), decision, TERMS, conclude=False
        )

    def audit(self, recommendation: Recommendation = Recommendation.APPROVE) -> Answer:
        """Record an auditor result."""
        return self.record_audit(make_auditor_result(recommendation=recommendation))

    def record_audit(self, audited: AuditorResult) -> Answer:
        """Record an auditor result."""
        return record_auditor_result(
            self.database, self.clock, self.request(), REF, auditor_result_digest(audited), audited
        )

    def conclude(self, state: AttemptState) -> Answer:
        """Conclude the attempt."""
        return conclude_attempt(self.database, self.request(), REF, state)

    def finish(self, ending: Ending) -> Answer:
        """End the run."""
        return finish_run(self.database, self.clock, self.request(), REF.run_id, ending)


@pytest.fixture
def store(database: SqlDatabase, clock: Ticks) -> Store:
    """A store with a run that was just recorded."""
    create_run(database, clock, "create", make_spec(base=False), REF)
    return Store(database, clock)


def test_an_attempt_lives_from_queued_to_its_conclusion(store: Store) -> None:
    """Recording builder result, evidence, decision and auditor result takes an attempt through all of its states."""
    seen = [store.state()]
    for step in (
        lambda: store.advance(AttemptState.BUILDING),
        store.build,
        store.measure,
        lambda: store.advance(AttemptState.DECIDING),
        lambda: store.decide(Verdict.ALLOW),
        lambda: store.advance(AttemptState.AUDITING),
        store.audit,
        lambda: store.conclude(AttemptState.ALLOWED),
        lambda: store.finish(DECIDED),
    ):
        step()
        if seen[-1] is not store.state():
            seen.append(store.state())

    assert [
        AttemptState.QUEUED,
        AttemptState.BUILDING,
        AttemptState.TESTING,
        AttemptState.DECIDING,
        AttemptState.AUDITING,
        AttemptState.ALLOWED,
    ] == seen
    attempt = get_run(store.database, REF.run_id).attempts[0]
    assert builder_result_digest(make_builder_result()) == attempt.builder_result_digest
    assert auditor_result_digest(make_auditor_result()) == attempt.auditor_result_digest


def test_a_builder_result_comes_with_what_the_store_holds(database: SqlDatabase, clock: Ticks) -> None:
    """A recorded builder result is read back equal, beside the run's own type and paths."""
    spec = replace(make_spec(base=False), run_type=RunType.MAINTENANCE, allowed_paths=("docs", "src"))
    create_run(database, clock, "create", spec, REF)
    Store(database, clock).build()

    recorded = get_builder_result(database, REF)

    assert make_builder_result() == recorded.result
    assert (RunType.MAINTENANCE, ("docs", "src")) == (recorded.run_type, recorded.allowed_paths)


def test_an_auditor_result_is_read_back_equal(store: Store) -> None:
    """A recorded auditor result is read back equal."""
    store.measure()
    store.decide(Verdict.ALLOW)
    store.audit(Recommendation.ESCALATE)

    assert make_auditor_result(recommendation=Recommendation.ESCALATE) == get_auditor_result(store.database, REF).result


def test_results_that_were_not_recorded_are_not_found(store: Store) -> None:
    """Asking for a result that nobody recorded is NOT_FOUND, never an empty result."""
    with pytest.raises(NotFound, match="no builder result"):
        get_builder_result(store.database, REF)
    with pytest.raises(NotFound, match="no auditor result"):
        get_auditor_result(store.database, REF)


def test_a_result_is_recorded_once(store: Store) -> None:
    """The same result again is fine, under the old request id or a new one; another one is refused."""
    first = store.build(request_id="build")
    assert (False, True) == (first.replayed, store.build(request_id="build").replayed)
    assert first.text == store.build().text
    with pytest.raises(AlreadyRecorded, match="another builder result"):
        store.build(make_builder_result(notes="other"))
    with pytest.raises(InvalidValue, match="another body"):
        store.build(make_builder_result(notes="other"), request_id="build")
    store.measure()
    store.decide(Verdict.ALLOW)
    assert store.audit().text == store.audit().text
    with pytest.raises(AlreadyRecorded, match="another auditor result"):
        store.audit(Recommendation.REVISE)


def test_ids_in_the_body_must_agree(store: Store) -> None:
    """A result that names another attempt than the one for which it is sent is refused."""
    other = first_attempt("run-2")
    built, audited = make_builder_result(other), make_auditor_result(other)
    with pytest.raises(InvalidValue, match="run-2/gate/1 is not the attempt that the start names, run-1/gate/1"):
        store.build(built)
    with pytest.raises(InvalidValue, match="run-2/gate/1 is not the attempt"):
        store.record_audit(audited)


def test_a_digest_that_differs_is_refused(store: Store) -> None:
    """A result that does not come to the digest announced was changed on the way."""
    digest = builder_result_digest(make_builder_result(notes="other"))
    with pytest.raises(InvalidValue, match="changed on the way") as caught:
        record_builder_result(store.database, store.clock, "a", REF, digest, make_builder_result())
    assert "start.result_digest" == caught.value.path


@pytest.mark.parametrize(
    "allowed", [("docs",), ("src/app",), ("src/app.p",), ("src/app.pyx", "test")], ids=lambda paths: paths[0]
)
def test_a_success_outside_of_the_allowed_paths_is_refused(
    database: SqlDatabase, clock: Ticks, allowed: tuple[str, ...]
) -> None:
    """A SUCCESS that touches what the run does not allow is refused by file; the same as NEEDS_REVIEW is recorded."""
    create_run(database, clock, "create", replace(make_spec(base=False), allowed_paths=allowed), REF)
    store = Store(database, clock)
    with pytest.raises(InvalidValue, match=r"outside of what the run allows, 'src/app\.py' first") as caught:
        store.build()
    assert "status" == caught.value.path
    assert AttemptState.QUEUED is store.state()
    store.build(make_builder_result(status=BuilderStatus.NEEDS_REVIEW))


@pytest.mark.parametrize("allowed", [("src",), ("src/app.py",), ("docs", "src")], ids=lambda paths: paths[-1])
def test_a_success_within_the_allowed_paths_is_recorded(
    database: SqlDatabase, clock: Ticks, allowed: tuple[str, ...]
) -> None:
    """A SUCCESS below an allowed folder, or of an allowed file, is recorded."""
    create_run(database, clock, "create", replace(make_spec(base=False), allowed_paths=allowed), REF)
    assert builder_result_digest(make_builder_result()) == Store(database, clock).build().text


def test_a_success_with_unknown_files_needs_a_run_that_allows_all(database: SqlDatabase, clock: Ticks) -> None:
    """Unknown changed files are not taken for allowed ones."""
    create_run(database, clock, "create", replace(make_spec(base=False), allowed_paths=("src",)), REF)
    unknown = replace(
        make_builder_result(), changed_files=ChangedFiles.unknown("no list"), lines_added=None, lines_removed=None
    )
    with pytest.raises(InvalidValue, match="UNKNOWN"):
        Store(database, clock).build(unknown)


def test_results_come_in_their_turn(store: Store) -> None:
    """An auditor result before the decision, and a builder result after the tests began, are refused."""
    with pytest.raises(FailedPrecondition, match="is QUEUED and cannot become AUDITING"):
        store.audit()
    store.measure()
    with pytest.raises(FailedPrecondition, match="is TESTING and cannot become BUILDING"):
        store.build()
    store.advance(AttemptState.DECIDING)
    with pytest.raises(FailedPrecondition, match="no recorded decision to be audited"):
        store.audit()
    assert AttemptState.DECIDING is store.state()


@pytest.mark.parametrize("verdict", Verdict)
def test_a_finished_attempt_takes_no_results(store: Store, verdict: Verdict) -> None:
    """After its conclusion an attempt refuses results, evidence and steps, and stays as it is."""
    store.measure()
    store.decide(verdict)
    conclusion = AttemptState[{Verdict.ALLOW: "ALLOWED", Verdict.BLOCK: "BLOCKED"}.get(verdict, verdict.name)]
    store.conclude(conclusion)
    for refused in (store.build, store.audit, lambda: store.advance(AttemptState.AUDITING), store.measure):
        with pytest.raises(AttemptEnded, match="nothing can be added"):
            refused()
    assert conclusion is store.state()
    assert "ended" == store.finish(DECIDED).text
    with pytest.raises(RunEnded):
        store.audit()


CONCLUSIONS = [
    (Verdict.ALLOW, Recommendation.APPROVE, AttemptState.ALLOWED),
    (Verdict.ALLOW, Recommendation.REVISE, AttemptState.BLOCKED),
    (Verdict.ALLOW, Recommendation.ESCALATE, AttemptState.NEEDS_HUMAN),
    (Verdict.BLOCK, Recommendation.APPROVE, AttemptState.BLOCKED),
    (Verdict.INCONCLUSIVE, Recommendation.APPROVE, AttemptState.INCONCLUSIVE),
    (Verdict.NEEDS_HUMAN, Recommendation.APPROVE, AttemptState.NEEDS_HUMAN),
]


@pytest.mark.parametrize(("verdict", "recommendation", "expected"), CONCLUSIONS)
def test_the_store_takes_no_weaker_conclusion(
    store: Store, verdict: Verdict, recommendation: Recommendation, expected: AttemptState
) -> None:
    """Every conclusion but the one that decision and auditor come to is refused, and nothing is concluded by it."""
    store.measure()
    store.decide(verdict)
    store.audit(recommendation)
    for state in AttemptState:
        if state.verdict is not None and state is not expected:
            with pytest.raises(WrongConclusion):
                store.conclude(state)
    assert AttemptState.AUDITING is store.state()
    store.conclude(expected)
    assert expected is store.state()


def test_a_run_is_not_decided_over_an_auditors_head(store: Store) -> None:
    """A run cannot end as decided while an auditor's say is not considered."""
    store.measure()
    store.decide(Verdict.ALLOW)
    store.audit(Recommendation.REVISE)
    with pytest.raises(FailedPrecondition, match="being audited"):
        store.finish(DECIDED)
    assert RunState.RUNNING is get_run(store.database, REF.run_id).state
    store.conclude(AttemptState.BLOCKED)
    store.finish(DECIDED)
    assert AttemptState.BLOCKED is store.state()


def test_a_decided_run_concludes_its_attempt(store: Store) -> None:
    """Without an auditor, the end of a decided run concludes the attempt by its decision."""
    store.measure()
    store.decide(Verdict.INCONCLUSIVE)
    store.finish(DECIDED)
    assert AttemptState.INCONCLUSIVE is store.state()


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (Ending(state=RunState.FAILED, failure=RunFailure(code="X", message="m")), AttemptState.FAILED),
        (Ending(state=RunState.CANCELLED, failure=None), AttemptState.CANCELLED),
    ],
)
def test_a_run_without_a_verdict_ends_its_attempt(store: Store, ending: Ending, expected: AttemptState) -> None:
    """The attempts of a run that failed or was cancelled end with it, whatever was decided."""
    store.measure()
    store.decide(Verdict.ALLOW)
    store.finish(ending)
    assert expected is store.state()


def test_an_audit_that_never_came_is_no_approval(store: Store) -> None:
    """An attempt whose audit was announced is not concluded before the auditor has had its say."""
    store.measure()
    store.decide(Verdict.ALLOW)
    store.advance(AttemptState.AUDITING)
    with pytest.raises(FailedPrecondition, match="being audited"):
        store.conclude(AttemptState.ALLOWED)
    with pytest.raises(FailedPrecondition, match="being audited"):
        store.finish(DECIDED)
    store.audit(Recommendation.REVISE)
    store.conclude(AttemptState.BLOCKED)
    assert AttemptState.BLOCKED is store.state()


@pytest.mark.parametrize(
    ("table", "refuses", "change"),
    [("decision", "update", "verdict = 1"), ("attempt", "conclusion", f"state = {AttemptState.ALLOWED:d}")],
)
def test_a_changed_verdict_is_damage(store: Store, engine: Engine, table: str, refuses: str, change: str) -> None:
    """A verdict that somebody changed behind the store's back concludes nothing and ends no run."""
    store.measure()
    store.decide(Verdict.BLOCK)
    with engine.begin() as connection:
        drop_trigger(connection, table, refuses)
        connection.execute(text(f"UPDATE {table} SET {change}"))
    with pytest.raises(DataLoss, match=r"damaged|changed outside"):
        store.conclude(AttemptState.ALLOWED)
    with pytest.raises(DataLoss, match=r"damaged|changed outside"):
        store.finish(DECIDED)


def test_long_runs_make_short_pages(database: SqlDatabase, clock: Ticks) -> None:
    """A page of runs stays far below what a message may have, and no run is lost between the pages."""
    paths = tuple(f"{number:04}/{'p' * 250}" for number in range(1000))
    for number in range(9):
        spec = replace(make_spec(f"run-{number}", base=False), allowed_paths=paths)
        create_run(database, clock, f"create-{number}", spec, first_attempt(spec.run_id))
    pages: list[tuple[Run, ...]] = []
    token = ""
    while not pages or token:
        runs, token = list_runs(database, Page.of(0, token, RunFilter(repository="")))
        pages.append(runs)

    assert [f"run-{number}" for number in range(8, -1, -1)] == [run.spec.run_id for page in pages for run in page]
    assert max(sum(run_to_wire(run).ByteSize() for run in page) for page in pages) < 2 * 1024 * 1024


def test_changed_files_of_the_attempt_are_not_the_builders_claim(store: Store) -> None:
    """What the builder says that it changed is kept apart from what the executor found."""
    store.build()
    store.measure()
    digest = changed_files_digest(HEAD_FILES)
    assert changed_files_digest(make_builder_result().changed_files) != digest
    assert make_builder_result() == get_builder_result(store.database, REF).result
