"""The rules of every mutation, through the use cases, on a real database."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles, ChangedFilesStatus
from autopack_model.decision.document import decision_digest
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision, Verdict
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.attempt_state import CONCLUSIONS, AttemptState
from autopack_model.run.value import Run, RunFailure, RunState, SideEvidence
from autopack_store.baselines.rules import find_baseline
from autopack_store.decisions.rules import get_decision, record_decision
from autopack_store.errors import (
    AlreadyExists,
    AlreadyRecorded,
    FailedPrecondition,
    NotFound,
    RequestReused,
    RunEnded,
    UnfoundedDecision,
    UnusableBaseline,
)
from autopack_store.evidence.rules import NOWHERE, Place, UploadedEvidence, download_evidence, upload_evidence
from autopack_store.requests import Answer
from autopack_store.runs.changed_files import get_changed_files, record_changed_files
from autopack_store.runs.ending import Ending
from autopack_store.runs.page import Page, RunFilter
from autopack_store.runs.rules import attach_evidence, create_run, finish_run, get_run, list_runs
from autopack_store.unit_of_work import Clock, Database, SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_attempt, make_decision, make_key, make_spec
from tests.storage.conftest import Ticks

REF = first_attempt()
BASE = make_evidence({"tests/test_a.py::test_1": TestState.PASSED})
HEAD = make_evidence({"tests/test_a.py::test_1": TestState.FAILED}, tree="d" * 40)
DECIDED = Ending(state=RunState.DECIDED, failure=None)
CANCELLED = Ending(state=RunState.CANCELLED, failure=None)
FAILED = Ending(state=RunState.FAILED, failure=RunFailure(code="EVIDENCE_NOT_WRITTEN", message="disk full: \0 free"))


@dataclass(slots=True)
class Store:
    """A store that numbers its requests, unless a test repeats one."""

    database: Database
    clock: Clock
    requests: int = 0

    def _id(self, request_id: str | None) -> str:
        self.requests += 1
        return request_id or f"request-{self.requests}"

    def create(self, run_id: str = "run-1", request_id: str | None = None) -> Answer:
        """Create a run."""
        return create_run(self.database, self.clock, self._id(request_id), make_spec(run_id), first_attempt(run_id))

    def upload(self, evidence: Evidence, request_id: str | None = None, *, place: Place = NOWHERE) -> UploadedEvidence:
        """Upload evidence, and put it in its place."""
        return upload_evidence(
            self.database, self.clock, self._id(request_id), evidence_digest(evidence), evidence, place=place
        )

    def attach(
        self,
        side: Side,
        evidence: Evidence,
        *,
        ref: AttemptRef = REF,
        reused: bool = False,
        request_id: str | None = None,
    ) -> Answer:
        """Attach evidence to an attempt."""
        entry = SideEvidence(side=side, evidence_digest=evidence_digest(evidence), reused=reused)
        return attach_evidence(self.database, self._id(request_id), ref, entry)

    def record_files(
        self, files: ChangedFiles = HEAD_FILES, *, ref: AttemptRef = REF, request_id: str | None = None
    ) -> Answer:
        """Record changed files."""
        return record_changed_files(self.database, self._id(request_id), ref, files, None)

    def decide(self, decision: Decision, *, ref: AttemptRef = REF, request_id: str | None = None) -> RecordedDecision:
        """Record a decision."""
        return record_decision(
            self.database,
            self.clock,
            self._id(request_id),
            ref,
            decision_digest(decision),
            decision,
            TERMS,
            conclude=False,
        )

    def finish(self, ending: Ending, *, run_id: str = "run-1", request_id: str | None = None) -> Answer:
        """End a run."""
        return finish_run(self.database, self.clock, self._id(request_id), run_id, ending)

    def run(self, run_id: str = "run-1") -> Run:
        """Look a run up."""
        return get_run(self.database, run_id)


@pytest.fixture
def store(database: SqlDatabase, clock: Ticks) -> Store:
    """An empty store."""
    return Store(database, clock)


@pytest.fixture
def measured(store: Store) -> Store:
    """A store with a run whose attempt has both sides' evidence and its changed files."""
    store.create()
    for side, evidence in ((Side.BASE, BASE), (Side.HEAD, HEAD)):
        store.upload(evidence)
        store.attach(side, evidence)
    store.record_files()
    return store


def test_a_gate_run_is_remembered_from_start_to_end(measured: Store) -> None:
    """A run with both sides, its decision and its end reads back as what happened."""
    decision = make_decision(BASE, HEAD)
    assert RecordedDecision(state=AttemptState.DECIDING, already_present=False, replayed=False) == measured.decide(
        decision
    )
    assert Answer(text="ended", replayed=False) == measured.finish(DECIDED)
    run = measured.run()
    expected = Run(
        spec=make_spec(),
        state=RunState.DECIDED,
        created_at_ms=run.created_at_ms,
        finished_at_ms=run.finished_at_ms,
        failure=None,
        attempts=(
            make_attempt(
                REF,
                state=AttemptState.BLOCKED,
                evidence=(
                    SideEvidence(side=Side.BASE, evidence_digest=evidence_digest(BASE), reused=False),
                    SideEvidence(side=Side.HEAD, evidence_digest=evidence_digest(HEAD), reused=False),
                ),
                verdict=Verdict.BLOCK,
                decision_digest=decision_digest(decision),
            ),
        ),
    )
    assert expected == run
    assert run.finished_at_ms is not None
    assert run.finished_at_ms > run.created_at_ms
    assert decision == get_decision(measured.database, REF)
    assert HEAD_FILES == get_changed_files(measured.database, REF)
    assert BASE == download_evidence(measured.database, evidence_digest(BASE))


def test_the_same_request_again_gives_the_first_answer(measured: Store) -> None:
    """Every mutation that is repeated with its id and body gives its first answer, marked as such where it can be."""
    decision = make_decision(BASE, HEAD)
    first = measured.create("run-2", "a")
    assert (False, True) == (first.replayed, measured.create("run-2", "a").replayed)
    other = make_evidence({"t::x": TestState.PASSED})
    assert [
        UploadedEvidence(facts_digest=facts_digest(other), already_present=False, replayed=replayed)
        for replayed in (False, True)
    ] == [measured.upload(other, "b") for _ in range(2)]
    second = first_attempt("run-2")
    for answers in (
        [measured.attach(Side.HEAD, other, ref=second, request_id="c") for _ in range(2)],
        [measured.record_files(ref=second, request_id="d") for _ in range(2)],
        [measured.finish(CANCELLED, run_id="run-2", request_id="f") for _ in range(2)],
    ):
        assert [False, True] == [answer.replayed for answer in answers]
        assert answers[0].text == answers[1].text
    assert [
        RecordedDecision(state=AttemptState.DECIDING, already_present=False, replayed=replayed)
        for replayed in (False, True)
    ] == [measured.decide(decision, request_id="g") for _ in range(2)]


def test_a_replay_is_answered_after_the_run_ended(measured: Store) -> None:
    """A repeated request is answered even when a new one would be refused by now."""
    measured.create("run-2")
    measured.attach(Side.HEAD, HEAD, ref=first_attempt("run-2"), request_id="a")
    measured.finish(CANCELLED, run_id="run-2")
    assert measured.attach(Side.HEAD, HEAD, ref=first_attempt("run-2"), request_id="a").replayed is True


REUSES: dict[str, Callable[[Store], object]] = {
    "another run": lambda store: store.create("run-2", "a"),
    "another method": lambda store: store.finish(CANCELLED, request_id="a"),
    "evidence": lambda store: store.upload(BASE, "a"),
    "attachment": lambda store: store.attach(Side.BASE, BASE, request_id="a"),
    "changed files": lambda store: store.record_files(request_id="a"),
    "decision": lambda store: store.decide(make_decision(None, HEAD), request_id="a"),
}


@pytest.mark.parametrize("reuse", REUSES)
def test_a_request_id_with_another_body_is_refused(store: Store, reuse: str) -> None:
    """A request id that comes again with another body or method is refused by the name of its field."""
    store.create(request_id="a")
    with pytest.raises(RequestReused, match="used before with another body") as caught:
        REUSES[reuse](store)
    assert "request_id" == caught.value.path


def test_a_taken_run_id_is_refused(store: Store) -> None:
    """Creating a run whose id is taken is refused, even with the same spec."""
    store.create()
    with pytest.raises(AlreadyExists, match="run id run-1 is taken"):
        store.create()


def test_the_first_attempt_belongs_to_the_run(store: Store) -> None:
    """A spec and an attempt of different runs contradict each other."""
    with pytest.raises(InvalidValue) as caught:
        create_run(store.database, store.clock, "a", make_spec("run-1"), first_attempt("run-2"))
    assert "attempt.run_id" == caught.value.path


UNKNOWN: dict[str, Callable[[Store], object]] = {
    "run": lambda store: store.run("no-such-run"),
    "attach to a run": lambda store: store.attach(Side.HEAD, HEAD, ref=first_attempt("no-such-run")),
    "attach to an attempt": lambda store: store.attach(Side.HEAD, HEAD, ref=replace(REF, attempt=2)),
    "attach of evidence": lambda store: store.attach(Side.HEAD, HEAD),
    "record files": lambda store: store.record_files(ref=replace(REF, phase="other")),
    "decide": lambda store: store.decide(make_decision(None, HEAD), ref=replace(REF, attempt=9)),
    "finish": lambda store: store.finish(CANCELLED, run_id="no-such-run"),
    "changed files": lambda store: get_changed_files(store.database, REF),
    "decision": lambda store: get_decision(store.database, REF),
    "evidence": lambda store: download_evidence(store.database, evidence_digest(HEAD)),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_not_there_is_not_found(store: Store, what: str) -> None:
    """Whatever names a thing that the store does not hold is refused as not found."""
    store.create()
    with pytest.raises(NotFound):
        UNKNOWN[what](store)


def test_evidence_is_uploaded_once(store: Store) -> None:
    """A second upload of the same evidence under another request says that it was there."""
    expected = UploadedEvidence(facts_digest=facts_digest(BASE), already_present=False, replayed=False)
    assert expected == store.upload(BASE)
    assert replace(expected, already_present=True) == store.upload(BASE)


def test_evidence_under_a_wrong_digest_is_refused(store: Store) -> None:
    """Evidence that does not come to the announced digest is refused by the name of the field, and not kept."""
    with pytest.raises(InvalidValue, match="changed on the way") as caught:
        upload_evidence(store.database, store.clock, "a", evidence_digest(HEAD), BASE)
    assert "start.evidence_digest" == caught.value.path
    with pytest.raises(NotFound):
        download_evidence(store.database, evidence_digest(BASE))


def test_a_number_without_a_canonical_form_is_refused(store: Store) -> None:
    """A number that no digest can cover is bad input, not an internal error."""
    process = replace(HEAD.suite_run.process, ended_at_ms=2**53)
    huge = replace(HEAD, suite_run=replace(HEAD.suite_run, process=process))
    with pytest.raises(InvalidValue, match="no canonical form") as caught:
        upload_evidence(store.database, store.clock, "a", "sha256:" + "0" * 64, huge)
    assert "start.evidence_digest" == caught.value.path


def test_changed_files_must_come_to_their_digest(store: Store) -> None:
    """A list that lost files on the way, and does not come to the digest announced, is refused and not recorded."""
    store.create()
    announced = changed_files_digest(HEAD_FILES)
    lost = ChangedFiles.of(HEAD_FILES.files[:1])
    with pytest.raises(InvalidValue, match="changed on the way") as caught:
        record_changed_files(store.database, "a", REF, lost, announced)
    assert "start.changed_files_digest" == caught.value.path
    assert announced == record_changed_files(store.database, "a", REF, HEAD_FILES, announced).text


def test_the_same_again_is_fine(measured: Store) -> None:
    """Attaching and recording just the same again, under new request ids, changes nothing."""
    before = measured.run()
    measured.attach(Side.HEAD, HEAD)
    measured.record_files()
    assert before == measured.run()


OTHERS: dict[str, Callable[[Store], object]] = {
    "evidence": lambda store: store.attach(Side.HEAD, BASE),
    "evidence from elsewhere": lambda store: store.attach(Side.HEAD, HEAD, reused=True),
    "changed files": lambda store: store.record_files(ChangedFiles.of(())),
    "unknown changed files": lambda store: store.record_files(ChangedFiles.unknown("git failed")),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_recorded_is_not_replaced(measured: Store, what: str) -> None:
    """Attaching or recording something else where something is recorded is refused."""
    before = measured.run()
    with pytest.raises(AlreadyRecorded):
        OTHERS[what](measured)
    assert before == measured.run()
    assert HEAD_FILES == get_changed_files(measured.database, REF)


ADDITIONS: dict[str, Callable[[Store], object]] = {
    "evidence": lambda store: store.attach(Side.HEAD, HEAD),
    "changed files": lambda store: store.record_files(),
    "decision": lambda store: store.decide(make_decision(BASE, HEAD)),
}


@pytest.mark.parametrize("ending", [CANCELLED, FAILED])
@pytest.mark.parametrize("addition", ADDITIONS)
def test_an_ended_run_takes_nothing_more(measured: Store, addition: str, ending: Ending) -> None:
    """Nothing can be added to a run that has ended, not even what is there already."""
    measured.finish(ending)
    with pytest.raises(RunEnded, match="run-1 has ended"):
        ADDITIONS[addition](measured)


def test_a_decided_attempt_rests_on_what_it_was_decided_on(store: Store) -> None:
    """Once decided, an attempt takes no more evidence and no changed files."""
    store.create()
    store.upload(HEAD)
    store.attach(Side.HEAD, HEAD)
    store.decide(make_decision(None, HEAD, ChangedFiles.unknown("git failed")))
    store.upload(BASE)
    with pytest.raises(AlreadyRecorded, match="was decided"):
        store.attach(Side.BASE, BASE)
    with pytest.raises(AlreadyRecorded, match="was decided"):
        store.record_files()


def test_a_run_ends_once(measured: Store) -> None:
    """Ending a run just so again is fine; ending it otherwise is refused, and the end stays."""
    measured.finish(FAILED)
    ended = measured.run()
    assert (RunState.FAILED, FAILED.failure) == (ended.state, ended.failure)
    assert measured.finish(FAILED).replayed is False
    other = Ending(state=RunState.FAILED, failure=RunFailure(code="GIT_FAILED", message="x"))
    for ending in (CANCELLED, DECIDED, other):
        with pytest.raises(RunEnded, match="has ended before, as failed"):
            measured.finish(ending)
    assert ended == measured.run()


def test_a_run_without_a_decision_is_not_decided(measured: Store) -> None:
    """A run can be ended as DECIDED only with a recorded decision."""
    with pytest.raises(FailedPrecondition, match="no recorded decision"):
        measured.finish(DECIDED)
    assert RunState.RUNNING is measured.run().state


def test_a_decision_under_a_wrong_digest_is_refused(measured: Store) -> None:
    """A decision that does not come to the announced digest is refused by the name of the field."""
    decision = make_decision(BASE, HEAD)
    with pytest.raises(InvalidValue, match="changed on the way") as caught:
        record_decision(
            measured.database, measured.clock, "a", REF, evidence_digest(HEAD), decision, TERMS, conclude=False
        )
    assert "start.decision_digest" == caught.value.path


def test_a_decision_is_recorded_once(measured: Store) -> None:
    """The very decision again is there already; another one is refused."""
    decision = make_decision(BASE, HEAD)
    assert [False, True] == [measured.decide(decision).already_present for _ in range(2)]
    with pytest.raises(AlreadyRecorded, match="another decision"):
        measured.decide(make_decision(BASE, HEAD, verdict=Verdict.ALLOW))
    assert decision == get_decision(measured.database, REF)


def _foreign_facts() -> Decision:
    decision = make_decision(BASE, HEAD)
    return replace(decision, head=replace(decision.head, facts_digest=facts_digest(BASE)))


UNFOUNDED: dict[str, Callable[[], Decision]] = {
    "base and head exchanged": lambda: make_decision(HEAD, BASE),
    "base left out": lambda: make_decision(None, HEAD),
    "head of another run": lambda: make_decision(BASE, make_evidence({"t::x": TestState.PASSED})),
    "facts that the evidence does not have": _foreign_facts,
    "other changed files": lambda: make_decision(BASE, HEAD, ChangedFiles.of(())),
    "unknown changed files": lambda: make_decision(BASE, HEAD, ChangedFiles.unknown("git failed")),
}


@pytest.mark.parametrize("what", UNFOUNDED)
def test_a_decision_rests_on_what_is_attached(measured: Store, what: str) -> None:
    """A decision that cites anything but the attempt's own evidence and changed files is refused."""
    with pytest.raises(UnfoundedDecision):
        measured.decide(UNFOUNDED[what]())
    assert measured.run().attempts[0].decision_digest is None


def test_a_decision_is_about_the_runs_own_trees(store: Store) -> None:
    """A decision on evidence of another tree than the run's is refused, though it is attached."""
    other = make_evidence({"tests/test_a.py::test_1": TestState.PASSED}, tree="e" * 40)
    store.create()
    for side, evidence in ((Side.BASE, BASE), (Side.HEAD, other)):
        store.upload(evidence)
        store.attach(side, evidence)
    store.record_files()

    with pytest.raises(UnfoundedDecision, match="judges tree eeee"):
        store.decide(make_decision(BASE, other))


def test_a_decision_without_recorded_changed_files_takes_them_for_unknown(store: Store) -> None:
    """Where no changed files were recorded, only a decision that takes them for unknown is founded."""
    store.create()
    store.upload(HEAD)
    store.attach(Side.HEAD, HEAD)
    for files in (HEAD_FILES, ChangedFiles.of(())):
        with pytest.raises(UnfoundedDecision, match="none were recorded"):
            store.decide(make_decision(None, HEAD, files))
    unknown = make_decision(None, HEAD, ChangedFiles.unknown("git failed"))
    assert ChangedFilesStatus.UNKNOWN is unknown.changed_files_status
    assert store.decide(unknown).already_present is False


def test_the_first_baseline_stays(store: Store) -> None:
    """A key keeps the first evidence that became its baseline; another one is stored beside it."""
    again = replace(BASE, durations=b"\1\0\0\0")
    key = make_key(BASE)
    assert find_baseline(store.database, key) is None
    for evidence in (BASE, again):
        store.upload(evidence, place=Place(baseline=key))
    assert evidence_digest(BASE) == find_baseline(store.database, key)
    assert find_baseline(store.database, replace(key, command_digest=evidence_digest(BASE))) is None


def test_a_fresh_baseline_takes_the_place_of_the_stored_one(store: Store) -> None:
    """Evidence that replaces a key's baseline is the baseline from then on, also beside others that do not."""
    fresh = [replace(BASE, durations=bytes([number, 0, 0, 0])) for number in (1, 2)]
    key = make_key(BASE)
    for evidence in (BASE, *fresh):
        store.upload(evidence, place=Place(baseline=key, replaces=evidence is not BASE))
        assert evidence_digest(evidence) == find_baseline(store.database, key)
    store.upload(BASE, place=Place(baseline=key))
    assert evidence_digest(fresh[-1]) == find_baseline(store.database, key)


def test_a_fresh_baseline_may_be_the_first(store: Store) -> None:
    """Evidence that would replace a baseline becomes the first one where the key has none."""
    store.upload(BASE, place=Place(baseline=make_key(BASE), replaces=True))
    assert evidence_digest(BASE) == find_baseline(store.database, make_key(BASE))


FOREIGN = {
    "tree": {"tree": "9" * 40},
    "environment_fingerprint": {"environment_fingerprint": "sha256:" + "9" * 64},
    "recorder_version": {"recorder_version": "999"},
}


@pytest.mark.parametrize("field", FOREIGN)
def test_a_baseline_belongs_to_its_key(store: Store, field: str) -> None:
    """Evidence of another tree, environment or recorder than the key's is refused as its baseline, and not stored."""
    key = replace(make_key(BASE), **FOREIGN[field])
    with pytest.raises(UnusableBaseline, match=f"its {field} is"):
        store.upload(BASE, place=Place(baseline=key))
    assert find_baseline(store.database, key) is None
    with pytest.raises(NotFound):
        download_evidence(store.database, evidence_digest(BASE))


INCOMPLETE = {
    "timed_out": make_evidence({"t::x": TestState.PASSED}, timed_out=True),
    "killed": make_evidence({"t::x": TestState.PASSED}, signal=9),
    "tests_not_run": make_evidence({"t::x": TestState.NOT_RUN}, exit_code=1),
    "outcome_contradiction": make_evidence({"t::x": TestState.FAILED}, exit_code=0),
}


@pytest.mark.parametrize("reason", INCOMPLETE)
def test_incomplete_evidence_is_no_baseline(store: Store, reason: str) -> None:
    """Evidence of a suite that did not provably run to its end is refused as a baseline, with the reason."""
    key = make_key(INCOMPLETE[reason])
    with pytest.raises(UnusableBaseline, match=reason):
        store.upload(INCOMPLETE[reason], place=Place(baseline=key))
    assert find_baseline(store.database, key) is None


def _listed(store: Store, size: int, repository: str = "") -> list[list[str]]:
    pages, token = [], ""
    while True:
        runs, token = list_runs(store.database, Page.of(size, token, RunFilter(repository=repository)))
        pages.append([run.spec.run_id for run in runs])
        if not token:
            return pages


def test_runs_are_listed_newest_first(store: Store) -> None:
    """Runs come newest first in pages of the wanted size, and the last page has no token."""
    for number in range(5):
        store.create(f"run-{number}")
    assert [["run-4", "run-3"], ["run-2", "run-1"], ["run-0"]] == _listed(store, 2)
    assert [["run-4", "run-3", "run-2", "run-1", "run-0"]] == _listed(store, 5)
    assert [[]] == _listed(store, 2, "/srv/elsewhere")


def test_runs_of_one_moment_are_listed_by_id(store: Store) -> None:
    """Runs of the same millisecond come by run id, none lost or doubled at a page's end."""
    for run_id in ("run-c", "run-a", "run-b"):
        create_run(store.database, lambda: 7, run_id, make_spec(run_id), first_attempt(run_id))
    assert [["run-a", "run-b"], ["run-c"]] == _listed(store, 2)


def test_a_listing_is_not_disturbed_by_new_runs(store: Store) -> None:
    """Runs that are created between two pages neither shift nor repeat what follows."""
    for number in range(4):
        store.create(f"run-{number}")
    first, token = list_runs(store.database, Page.of(2, "", RunFilter(repository="")))
    store.create("run-9")
    second, _ = list_runs(store.database, Page.of(2, token, RunFilter(repository="")))
    assert ["run-3", "run-2", "run-1", "run-0"] == [run.spec.run_id for run in (*first, *second)]


def test_runs_are_listed_by_repository(store: Store) -> None:
    """A listing of one repository holds its runs alone."""
    for number in range(4):
        run_id, repository = f"run-{number}", f"/srv/{number % 2}\\"
        spec = make_spec(run_id, repository=repository)
        create_run(store.database, store.clock, run_id, spec, first_attempt(run_id))
    assert [["run-3"], ["run-1"]] == _listed(store, 1, "/srv/1\\")


def test_the_digest_of_recorded_files_is_the_answer(store: Store) -> None:
    """Recording changed files answers with their digest."""
    store.create()
    assert Answer(text=changed_files_digest(HEAD_FILES), replayed=False) == store.record_files()


def test_uploaded_evidence_is_attached_and_named_in_one(store: Store) -> None:
    """An upload that says so attaches the evidence to its side and makes it the baseline, once, in one mutation."""
    store.create()
    place = Place(attempt=REF, side=Side.BASE, baseline=make_key(BASE))
    answers = [store.upload(BASE, "a", place=place) for _ in range(2)]
    assert [False, True] == [answer.replayed for answer in answers]
    attached = SideEvidence(side=Side.BASE, evidence_digest=evidence_digest(BASE), reused=False)
    assert attached == store.run().attempts[0].side(Side.BASE)
    assert evidence_digest(BASE) == find_baseline(store.database, make_key(BASE))


def test_an_upload_to_the_wrong_place_keeps_nothing(measured: Store) -> None:
    """Evidence for a side that has other evidence, or for an unknown run, is refused, and is not stored or named."""
    other = replace(BASE, durations=b"\1\0\0\0")
    for ref, error in ((REF, AlreadyRecorded), (first_attempt("no-such-run"), NotFound)):
        with pytest.raises(error):
            measured.upload(other, place=Place(attempt=ref, side=Side.BASE, baseline=make_key(other)))
    with pytest.raises(NotFound):
        download_evidence(measured.database, evidence_digest(other))
    assert find_baseline(measured.database, make_key(other)) is None


def test_an_upload_under_the_same_id_to_another_place_is_another_request(store: Store) -> None:
    """What evidence is attached to is a part of the request: the same id with another place is refused."""
    store.create()
    store.upload(BASE, "a", place=Place(attempt=REF, side=Side.BASE))
    with pytest.raises(RequestReused):
        store.upload(BASE, "a", place=Place(attempt=REF, side=Side.HEAD))


def test_a_decision_can_conclude_its_attempt(measured: Store) -> None:
    """A decision that is recorded to conclude the attempt makes it final, and says so again to whoever repeats it."""
    decision = make_decision(BASE, HEAD)
    answers = [
        record_decision(
            measured.database, measured.clock, "a", REF, decision_digest(decision), decision, TERMS, conclude=True
        )
        for _ in range(2)
    ]
    state = CONCLUSIONS[decision.verdict]
    assert [(state, False), (state, True)] == [(answer.state, answer.replayed) for answer in answers]
    assert state is measured.run().attempts[0].state
