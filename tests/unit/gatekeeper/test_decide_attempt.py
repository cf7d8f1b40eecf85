"""Deciding an attempt on stored evidence."""

import pytest

from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.usecases.decide_attempt import DecideAttempt, decide_attempt
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef
from autopack_rpc.errors import RemoteError
from tests.fakes.evidence import make_evidence
from tests.fakes.gatekeeper_ports import InMemoryStore
from tests.fakes.judging import NO_FILES, judge
from tests.fakes.store import TERMS

ATTEMPT = AttemptRef(run_id="run-1", phase="gate", attempt=1)
BASE = make_evidence({"a::x": TestState.PASSED})
HEAD = make_evidence({"a::x": TestState.FAILED})
ABSENT = "sha256:" + "0" * 64


def asked(base: str | None, head: str) -> DecideAttempt:
    """A request for these digests."""
    return DecideAttempt(
        request_id="ask-1", attempt=ATTEMPT, base_evidence_digest=base, head_evidence_digest=head, terms=TERMS
    )


def test_a_decision_is_made_from_the_stored_evidence_and_recorded() -> None:
    """What is recorded under the attempt and the request's id is what the pure function gives."""
    store = InMemoryStore()
    store.add_changed_files(ATTEMPT, NO_FILES)
    answer = decide_attempt(store, RecentSides(), asked(store.add(BASE), store.add(HEAD)))
    expected = judge(BASE, HEAD)
    assert expected == answer.decided.decision
    assert decision_digest(expected) == answer.decided.digest
    assert not answer.already_present
    assert {ATTEMPT: ("ask-1", expected, decision_digest(expected))} == store.decisions


def test_a_second_decision_says_that_it_was_present() -> None:
    """The store's answer is handed on."""
    store = InMemoryStore()
    request = asked(store.add(BASE), store.add(HEAD))
    decide_attempt(store, RecentSides(), request)
    assert decide_attempt(store, RecentSides(), request).already_present


def test_without_a_base_digest_there_is_no_baseline() -> None:
    """A request without base evidence is decided as one without a baseline."""
    store = InMemoryStore()
    store.add_changed_files(ATTEMPT, NO_FILES)
    decision = decide_attempt(store, RecentSides(), asked(None, store.add(BASE))).decided.decision
    assert ["no_baseline"] == [reason.code.label for reason in decision.reasons]


def test_changed_files_that_were_not_recorded_are_unknown() -> None:
    """Missing is not empty: the verdict is inconclusive."""
    store = InMemoryStore()
    decision = decide_attempt(store, RecentSides(), asked(store.add(BASE), store.add(BASE))).decided.decision
    assert Verdict.INCONCLUSIVE is decision.verdict
    assert ["changed_files_unknown"] == [reason.code.label for reason in decision.reasons]


@pytest.mark.parametrize("side", ["base", "head"])
def test_evidence_that_is_not_what_was_asked_for_is_refused(side: str) -> None:
    """Evidence that comes to another digest is not decided on, and nothing is recorded."""
    store = InMemoryStore()
    good, wrong = store.add(BASE), store.add(HEAD, under=ABSENT)
    request = asked(wrong, good) if side == "base" else asked(good, wrong)
    with pytest.raises(DamagedAnswer, match=ABSENT):
        decide_attempt(store, RecentSides(), request)
    assert {} == store.decisions


def test_a_baseline_is_asked_for_once() -> None:
    """A base that was decided on needs no store any more, and the decision is the same."""
    store, empty, baselines = InMemoryStore(), InMemoryStore(), RecentSides()
    request = asked(store.add(BASE), empty.add(HEAD))
    store.add(HEAD)
    first = decide_attempt(store, baselines, request)
    assert first == decide_attempt(empty, baselines, request)


def test_evidence_that_is_not_what_was_asked_for_is_no_baseline() -> None:
    """What the store answers in the place of a side is kept under no digest."""
    store, baselines = InMemoryStore(), RecentSides()
    good, wrong = store.add(BASE), store.add(HEAD, under=ABSENT)
    with pytest.raises(DamagedAnswer):
        decide_attempt(store, baselines, asked(wrong, good))
    assert [None] * 3 == [baselines.side(digest) for digest in (ABSENT, good, store.add(HEAD))]


def test_missing_evidence_is_an_error_and_no_decision() -> None:
    """The store's refusal is handed on, and nothing is recorded."""
    store = InMemoryStore()
    with pytest.raises(RemoteError, match=ABSENT):
        decide_attempt(store, RecentSides(), asked(store.add(BASE), ABSENT))
    assert {} == store.decisions
