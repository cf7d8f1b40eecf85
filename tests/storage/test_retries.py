"""Retries in the store: each once, never a baseline, cited by the decision, and known to later attempts."""

from dataclasses import replace

import pytest

from autopack_model.decision.document import decision_digest
from autopack_model.decision.newly_bad import MAX_KNOWN_RETRIES
from autopack_model.decision.value import Decision
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.value import SideEvidence
from autopack_store.baselines.rules import list_retries
from autopack_store.decisions.rules import record_decision
from autopack_store.errors import AlreadyRecorded, UnfoundedDecision
from autopack_store.evidence.rules import Place, upload_evidence
from autopack_store.runs.changed_files import record_changed_files
from autopack_store.runs.rules import attach_evidence, create_run, get_run
from autopack_store.unit_of_work import SqlDatabase
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_key, make_spec
from tests.storage.conftest import Ticks

TEST = "tests/test_a.py::test_1"
PASSED, FAILED = TestState.PASSED, TestState.FAILED
BASE = make_evidence({TEST: PASSED})
HEAD = make_evidence({TEST: FAILED}, tree="d" * 40)


def retry(side: Side, number: int) -> Evidence:
    """A retry of a side, other than all others."""
    suite, state = (BASE, PASSED) if side is Side.BASE else (HEAD, FAILED)
    tree = suite.suite_run.tree.tree
    return make_evidence({TEST: state}, tree=tree, deselected=1, ended_at_ms=1_700_000_002_000 + number)


class Store:
    """A store with runs in it."""

    def __init__(self, database: SqlDatabase, clock: Ticks) -> None:
        self.database = database
        self._clock = clock
        self._requests = 0

    def _id(self) -> str:
        self._requests += 1
        return f"request-{self._requests}"

    def measure(self, run_id: str, *retries: tuple[Side, int]) -> AttemptRef:
        """A run on both suites, with these retries by their numbers."""
        ref = first_attempt(run_id)
        create_run(self.database, self._clock, self._id(), make_spec(run_id), ref)
        for side, evidence in ((Side.BASE, BASE), (Side.HEAD, HEAD)):
            self.place(ref, side, evidence)
        for side, number in retries:
            self.place(ref, side, retry(side, number), number)
        return ref

    def place(self, ref: AttemptRef, side: Side, evidence: Evidence, number: int = 0) -> str:
        """Upload evidence and attach it."""
        place = Place(attempt=ref, side=side, retry=number)
        digest = evidence_digest(evidence)
        upload_evidence(self.database, self._clock, self._id(), digest, evidence, place=place)
        return digest

    def reuse(self, ref: AttemptRef, digest: str, number: int) -> None:
        """Attach a retry of base that another attempt made."""
        entry = SideEvidence(side=Side.BASE, evidence_digest=digest, reused=True, retry=number)
        attach_evidence(self.database, self._id(), ref, entry)

    def decide(self, ref: AttemptRef, decision: Decision) -> None:
        """Record a decision."""
        record_changed_files(self.database, self._id(), ref, HEAD_FILES, None)
        digest = decision_digest(decision)
        record_decision(self.database, self._clock, self._id(), ref, digest, decision, TERMS, conclude=False)

    def known(self, evidence: Evidence, run_id: str = "other") -> tuple[str, ...]:
        """The retries of a suite run that an attempt is told of."""
        return list_retries(self.database, evidence_digest(evidence), first_attempt(run_id))


@pytest.fixture
def store(database: SqlDatabase, clock: Ticks) -> Store:
    """An empty store."""
    return Store(database, clock)


def test_retries_are_kept_by_side_and_number(store: Store) -> None:
    """An attempt names its suite runs first, then its retries in the order of their numbers, however they came."""
    store.measure("run-1", (Side.HEAD, 2), (Side.BASE, 1), (Side.HEAD, 1))
    (attempt,) = get_run(store.database, "run-1").attempts
    found = [(entry.side, entry.retry, entry.evidence_digest) for entry in attempt.evidence]
    assert [
        (Side.BASE, 0, evidence_digest(BASE)),
        (Side.BASE, 1, evidence_digest(retry(Side.BASE, 1))),
        (Side.HEAD, 0, evidence_digest(HEAD)),
        (Side.HEAD, 1, evidence_digest(retry(Side.HEAD, 1))),
        (Side.HEAD, 2, evidence_digest(retry(Side.HEAD, 2))),
    ] == found


def test_a_retry_is_attached_once(store: Store) -> None:
    """The same retry again is fine, another one under its number is refused, and the first stays."""
    ref = store.measure("run-1", (Side.HEAD, 1))
    store.place(ref, Side.HEAD, retry(Side.HEAD, 1), 1)
    with pytest.raises(AlreadyRecorded, match="HEAD evidence of retry 1"):
        store.place(ref, Side.HEAD, retry(Side.HEAD, 2), 1)
    (attempt,) = get_run(store.database, "run-1").attempts
    assert evidence_digest(retry(Side.HEAD, 1)) == attempt.suite_runs(Side.HEAD)[1].evidence_digest


def test_a_retry_is_no_baseline() -> None:
    """Evidence of some tests cannot be named the baseline of a key."""
    with pytest.raises(InvalidValue, match="whole suite"):
        Place(attempt=first_attempt(), side=Side.BASE, retry=1, baseline=make_key(BASE))


def test_a_decision_cites_all_retries_in_their_order(store: Store) -> None:
    """A decision that leaves a retry out, or has them in another order, is refused."""
    ref = store.measure("run-1", (Side.HEAD, 1), (Side.HEAD, 2), (Side.BASE, 1))
    base, head = [retry(Side.BASE, 1)], [retry(Side.HEAD, number) for number in (1, 2)]
    right = judge(BASE, HEAD, HEAD_FILES, base_retries=base, head_retries=head)
    for wrong in (
        judge(BASE, HEAD, HEAD_FILES),
        judge(BASE, HEAD, HEAD_FILES, base_retries=base, head_retries=head[:1]),
        judge(BASE, HEAD, HEAD_FILES, base_retries=base, head_retries=head[::-1]),
    ):
        with pytest.raises(UnfoundedDecision, match="cites"):
            store.decide(ref, wrong)
    forged = replace(right.head.retries[0], facts_digest="sha256:" + "9" * 64)
    with pytest.raises(UnfoundedDecision, match="derived from facts"):
        store.decide(ref, replace(right, head=replace(right.head, retries=(forged, right.head.retries[1]))))
    store.decide(ref, right)
    assert right.verdict is get_run(store.database, "run-1").attempts[0].verdict


def test_other_attempts_know_the_retries_of_a_suite_run(store: Store) -> None:
    """The retries of the same evidence are listed for other attempts, oldest first, of that side alone."""
    store.measure("run-1", (Side.BASE, 1), (Side.HEAD, 1), (Side.BASE, 2))
    expected = tuple(evidence_digest(retry(Side.BASE, number)) for number in (1, 2))
    assert (expected, ()) == (store.known(BASE), store.known(BASE, "run-1"))
    assert (evidence_digest(retry(Side.HEAD, 1)),) == store.known(HEAD)
    assert () == store.known(retry(Side.BASE, 1))


def test_a_retry_that_others_reused_is_listed_once(store: Store) -> None:
    """However many attempts took a retry over, it is one retry, and attached to the base it says that it is reused."""
    store.measure("run-1", (Side.BASE, 1))
    digest = evidence_digest(retry(Side.BASE, 1))
    for run_id in ("run-2", "run-3"):
        store.reuse(store.measure(run_id), digest, 1)
    assert (digest,) == store.known(BASE)
    (attempt,) = get_run(store.database, "run-3").attempts
    assert [(0, False), (1, True)] == [(entry.retry, entry.reused) for entry in attempt.suite_runs(Side.BASE)]


def test_only_the_newest_retries_are_listed(store: Store) -> None:
    """Of more retries than are looked at, the newest are listed."""
    store.measure("run-1", *((Side.BASE, number) for number in range(1, MAX_KNOWN_RETRIES + 4)))
    newest = [evidence_digest(retry(Side.BASE, number)) for number in range(4, MAX_KNOWN_RETRIES + 4)]
    assert newest == list(store.known(BASE))
