"""Deriving a recorded decision again."""

import dataclasses
from dataclasses import replace

import pytest

from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.usecases.decide_attempt import DecideAttempt, decide_attempt
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_gatekeeper.usecases.replay_attempt import replay_attempt
from autopack_model.decision.delta import Category
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision, Effect, Severity
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.suite_run.value import Tree
from autopack_rpc.errors import RemoteError
from tests.fakes.evidence import make_evidence
from tests.fakes.gatekeeper_ports import InMemoryStore
from tests.fakes.judging import NO_FILES, judge
from tests.fakes.store import TERMS, first_attempt

REF = first_attempt()
BASE = make_evidence({"a::x": TestState.PASSED, "a::y": TestState.PASSED})
HEAD = make_evidence({"a::x": TestState.FAILED})


def record(store: InMemoryStore, decision: Decision) -> str:
    """Record the decision as it is, with its evidence; returns its digest."""
    digest = decision_digest(decision)
    store.record("ask-1", REF, decision, digest, TERMS, conclude=False)
    return digest


def stored(*evidence: Evidence) -> InMemoryStore:
    """A store with the evidence, and without changed files."""
    store = InMemoryStore()
    store.add_changed_files(REF, NO_FILES)
    for each in evidence:
        store.add(each)
    return store


@pytest.mark.parametrize("base", [BASE, None])
def test_what_was_decided_is_derived_again(base: Evidence | None) -> None:
    """A decision of today, with a baseline and without one, is equal to what its stored evidence gives."""
    store = stored(BASE, HEAD)
    request = DecideAttempt(
        request_id="ask-1",
        attempt=REF,
        base_evidence_digest=None if base is None else evidence_digest(base),
        head_evidence_digest=evidence_digest(HEAD),
        terms=TERMS,
    )
    answer = decide_attempt(store, RecentSides(), request)
    replay = replay_attempt(store, REF)
    assert (answer.decided.digest, answer.decided.digest) == (replay.recorded_digest, replay.derived_digest)
    assert (True, ()) == (replay.equal, replay.differing)


@pytest.mark.parametrize("side", [Side.CROSS, Side.REVERSE])
def test_a_decision_with_third_sides_is_derived_again(side: Side) -> None:
    """What base's tests said of the candidate's code, and new tests of base's, is read again and belongs to the
    attempt.
    """
    cross, reverse = (
        replace(BASE, suite_run=replace(BASE.suite_run, tree=Tree(revision="d" * 40, tree=tree * 40))) for tree in "ef"
    )
    store = stored(BASE, HEAD, cross, reverse)
    request = DecideAttempt(
        request_id="ask-1",
        attempt=REF,
        base_evidence_digest=evidence_digest(BASE),
        head_evidence_digest=evidence_digest(HEAD),
        cross_evidence_digest=evidence_digest(cross),
        reverse_evidence_digest=evidence_digest(reverse),
        terms=TERMS,
    )
    answer = decide_attempt(store, RecentSides(), request)
    assert None not in (answer.decided.decision.cross, answer.decided.decision.reverse)
    assert replay_attempt(store, REF).equal
    store.detached.add(side)
    with pytest.raises(DamagedAnswer, match=f"has no evidence for {side.name}"):
        replay_attempt(store, REF)


def test_what_differs_is_named() -> None:
    """A decision that is not what its evidence gives is told by both digests, and its members that differ by name."""
    store = stored(BASE, HEAD)
    policy = dataclasses.replace(
        DEFAULT_POLICY, categories={**DEFAULT_POLICY.categories, Category.REMOVED: Effect.NOTE}
    )
    mild = dataclasses.replace(judge(BASE, HEAD, policy=policy), severity=Severity.NONE)
    recorded = record(store, mild)
    replay = replay_attempt(store, REF)
    assert (recorded, decision_digest(judge(BASE, HEAD))) == (replay.recorded_digest, replay.derived_digest)
    assert (False, ("policy_digest", "reasons", "severity")) == (replay.equal, replay.differing)


def test_members_within_members_are_named() -> None:
    """What differs within a side or the changed files is named where it stands."""
    store = stored(BASE, HEAD)
    decision = judge(BASE, HEAD)
    digest = decision_digest(judge(BASE, BASE))
    record(
        store,
        dataclasses.replace(
            decision, head=dataclasses.replace(decision.head, exit_code=0), changed_files_digest=digest
        ),
    )
    assert ("changed_files.digest", "head.exit_code") == replay_attempt(store, REF).differing


def test_changed_files_that_were_not_recorded_stay_unknown() -> None:
    """Missing is not empty: a decision on no changed files is not derived from unknown ones."""
    store = InMemoryStore()
    store.add(BASE)
    store.add(HEAD)
    record(store, judge(BASE, HEAD))
    assert "changed_files.status" in replay_attempt(store, REF).differing


def test_nothing_is_recorded() -> None:
    """The recorded decision stays as it is."""
    store = stored(BASE, HEAD)
    record(store, dataclasses.replace(judge(BASE, HEAD), severity=Severity.NONE))
    before = dict(store.decisions)
    replay_attempt(store, REF)
    assert before == store.decisions


def test_an_attempt_without_a_decision_is_refused() -> None:
    """There is nothing to compare with."""
    store = stored(BASE, HEAD)
    with pytest.raises(RemoteError, match=str(REF)):
        replay_attempt(store, REF)


def test_evidence_that_is_gone_is_an_error() -> None:
    """Without its evidence a decision is neither equal nor different."""
    store = stored(BASE)
    decision = judge(BASE, HEAD)
    record(store, decision)
    with pytest.raises(RemoteError, match=decision.head.evidence_digest):
        replay_attempt(store, REF)


def test_evidence_of_another_digest_is_refused() -> None:
    """Evidence that is not what the decision names founds no comparison."""
    store = stored(BASE)
    decision = judge(BASE, HEAD)
    store.add(BASE, under=decision.head.evidence_digest)
    record(store, decision)
    with pytest.raises(DamagedAnswer, match=decision.head.evidence_digest):
        replay_attempt(store, REF)


def test_a_decision_of_another_digest_is_refused() -> None:
    """A decision that does not come to the digest which the attempt names is damaged, not different."""
    store = stored(BASE, HEAD)
    store.record("ask-1", REF, judge(BASE, HEAD), decision_digest(judge(BASE, BASE)), TERMS, conclude=False)
    with pytest.raises(DamagedAnswer, match=decision_digest(judge(BASE, BASE))):
        replay_attempt(store, REF)


@pytest.mark.parametrize("side", [Side.BASE, Side.HEAD])
def test_a_decision_on_other_evidence_than_is_attached_is_refused(side: Side) -> None:
    """A decision that its own evidence gives is damage all the same where the attempt does not have that evidence."""
    store = stored(BASE, HEAD)
    record(store, judge(BASE, HEAD))
    store.detached.add(side)
    with pytest.raises(DamagedAnswer, match=f"has no evidence for {side.name}"):
        replay_attempt(store, REF)
