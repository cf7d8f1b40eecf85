"""Rules put together: several of them happen in one transaction, or none does."""

from dataclasses import replace

import pytest

from autopack_model.changed_files.document import changed_files_digest
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.identity.value import Side
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import SideEvidence
from autopack_store.baselines.rules import name_baseline
from autopack_store.decisions.rules import record
from autopack_store.errors import UnusableBaseline, UploadLost, WrongConclusion
from autopack_store.evidence.blocks import PackedTestIds
from autopack_store.evidence.rules import store_evidence
from autopack_store.requests import Answer, Request
from autopack_store.runs.rules import attach, conclude
from autopack_store.unit_of_work import SqlDatabase, UnitOfWork, mutate
from tests.fakes.evidence import make_evidence
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_key, make_spec

REF = first_attempt()
IDS = ["tests/test_a.py::test_1", "tests/test_a.py::test_2"]
BASE = make_evidence(dict.fromkeys(IDS, TestState.PASSED))
BROKEN = make_evidence(dict.fromkeys(IDS, TestState.PASSED), timed_out=True)
HEAD = make_evidence(dict.fromkeys(IDS, TestState.PASSED), tree="d" * 40)


@pytest.fixture
def started(database: SqlDatabase) -> SqlDatabase:
    """A store with a run."""
    with database.write() as store:
        store.runs.add(make_spec(), REF, 1)
    return database


def _columns(evidence: Evidence) -> EvidenceColumns:
    return EvidenceColumns(
        suite_run=evidence.suite_run,
        test_set_digest=evidence.test_set_digest,
        test_count=len(evidence.states),
        states=evidence.states,
        durations=evidence.durations,
        reruns=evidence.reruns,
        details=evidence.details,
    )


def _uploaded(
    database: SqlDatabase, evidence: Evidence, side: Side, *, named: bool = False, baseline: bool = False
) -> Answer:
    """Upload evidence as columns, attach it, and name it a baseline if asked to: one mutation."""
    digest, facts, columns = evidence_digest(evidence), facts_digest(evidence), _columns(evidence)
    test_ids = None if named else PackedTestIds.of([list(evidence.test_ids)])

    def work(store: UnitOfWork) -> str:
        store_evidence(store, digest, facts, columns, test_ids, 5)
        attach(store, REF, SideEvidence(side=side, evidence_digest=digest, reused=False))
        return name_baseline(store, make_key(evidence), digest, columns, 5) if baseline else digest

    return mutate(database, Request.of("UploadEvidence", f"upload-{side.name}", digest), work)


def test_evidence_is_stored_attached_and_named_at_once(started: SqlDatabase) -> None:
    """Evidence that comes as columns is stored, attached with its history, and named a baseline in one mutation."""
    answer = _uploaded(started, BASE, Side.BASE, baseline=True)
    assert Answer(text=evidence_digest(BASE), replayed=False) == answer
    with started.read() as store:
        assert BASE == store.evidence.get(answer.text)
        assert answer.text == store.baselines.find(make_key(BASE))
        run = store.runs.get(REF.run_id)
        entries, _ = store.history.entries(make_spec().repository, IDS[0], None, None, 5)
    assert run is not None
    attached = SideEvidence(side=Side.BASE, evidence_digest=answer.text, reused=False)
    assert (AttemptState.TESTING, attached) == (run.attempts[0].state, run.attempts[0].side(Side.BASE))
    assert [(REF, TestState.PASSED)] == [(entry.attempt, entry.outcome) for entry in entries]
    assert replace(answer, replayed=True) == _uploaded(started, BASE, Side.BASE, baseline=True)


@pytest.mark.parametrize(("named", "kind"), [(False, UnusableBaseline), (True, UploadLost)])
def test_what_fails_at_its_end_leaves_nothing(started: SqlDatabase, named: bool, kind: type[Exception]) -> None:
    """When the last of several steps is refused, nothing of the ones before is kept, and the request is free."""
    with pytest.raises(kind):
        _uploaded(started, BROKEN, Side.BASE, named=named, baseline=True)
    with started.read() as store:
        run = store.runs.get(REF.run_id)
        assert store.evidence.get(evidence_digest(BROKEN)) is None
        assert store.evidence.test_count(TestIds.of(IDS).digest) is None
    assert run is not None
    assert (AttemptState.QUEUED, ()) == (run.attempts[0].state, run.attempts[0].evidence)
    assert not _uploaded(started, BASE, Side.BASE, baseline=True).replayed


@pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.BLOCK])
def test_a_decision_is_recorded_and_its_attempt_concluded_at_once(started: SqlDatabase, verdict: Verdict) -> None:
    """A decision is recorded and its attempt concluded in one mutation; a wrong conclusion keeps neither."""
    _uploaded(started, BASE, Side.BASE)
    _uploaded(started, HEAD, Side.HEAD, named=True)
    decision = make_decision(BASE, HEAD, verdict=verdict)
    digest = decision_digest(decision)
    with started.write() as store:
        store.changed_files.add(REF, HEAD_FILES, changed_files_digest(HEAD_FILES))

    def decided(state: AttemptState) -> Answer:
        def work(store: UnitOfWork) -> str:
            record(store, REF, digest, decision, TERMS, 5)
            conclude(store, REF, state)
            return digest

        return mutate(started, Request.of("RecordDecision", "decide", digest), work)

    own, other = AttemptState.ALLOWED, AttemptState.BLOCKED
    if verdict is Verdict.BLOCK:
        own, other = other, own
    with pytest.raises(WrongConclusion):
        decided(other)
    with started.read() as store:
        assert store.decisions.get(REF) is None
    assert Answer(text=digest, replayed=False) == decided(own)
    with started.read() as store:
        run = store.runs.get(REF.run_id)
    assert run is not None
    assert (own, digest) == (run.attempts[0].state, run.attempts[0].decision_digest)
