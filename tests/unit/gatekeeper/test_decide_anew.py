"""Deciding anew from stored evidence, and what other terms would say."""

from dataclasses import replace
from datetime import date

import pytest

from autopack_gatekeeper.domain.errors import DamagedAnswer, Undecided
from autopack_gatekeeper.usecases.decide_anew import DecideAnew, decide_anew
from autopack_gatekeeper.usecases.decide_attempt import DecideAttempt, decide_attempt
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_gatekeeper.usecases.replay_attempt import replay_attempt, what_if
from autopack_gatekeeper.wire import decide_anew_from_wire
from autopack_model.decision.delta import Category
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Effect, Verdict
from autopack_model.errors import InvalidValue
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.policy.waiver import Waiver
from autopack_model.run.attempt_state import AttemptState
from tests.fakes.evidence import make_evidence
from tests.fakes.gatekeeper_ports import InMemoryStore
from tests.fakes.judging import NO_FILES, judge
from tests.fakes.requests import REF, decide_anew_request
from tests.fakes.store import SATURATED_TERMS, TERMS

BASE = make_evidence({"a": TestState.PASSED, "b": TestState.PASSED, "c": TestState.PASSED})
HEAD = make_evidence({"c": TestState.PASSED})
DAY = date(2030, 2, 1)


def waiver(subjects: str) -> Waiver:
    """A waiver of tests that are gone."""
    return Waiver(code=Category.REMOVED, subjects=subjects, reason="gone", approver="owner", expires=DAY)


def blocked() -> InMemoryStore:
    """A store with a decided and concluded attempt whose head lacks two tests."""
    store = InMemoryStore()
    store.add_changed_files(REF, NO_FILES)
    request = DecideAttempt(
        request_id="ask-1",
        attempt=REF,
        base_evidence_digest=store.add(BASE),
        head_evidence_digest=store.add(HEAD),
        terms=TERMS,
    )
    decide_attempt(store, RecentSides(), request)
    store.state = AttemptState.BLOCKED
    return store


def anew(*waivers: Waiver, day: date = DAY) -> DecideAnew:
    """A request for a decision under more waivers."""
    return DecideAnew(request_id="anew-1", attempt=REF, waivers=waivers, day=day, name="operator")


def test_a_waiver_decides_anew() -> None:
    """The evidence is that of the first decision, which stays, and the new one says who asked for it."""
    store = blocked()
    first = store.decision(REF)
    decided = decide_anew(store, anew(waiver("*")))
    expected = judge(BASE, HEAD, terms=replace(TERMS, waivers=(waiver("*"),), day=DAY))
    assert (1, Verdict.ALLOW, decision_digest(expected)) == (decided.number, decided.verdict, decided.digest)
    assert (first, expected, "operator") == (store.decision(REF), store.decision(REF, 1), store.further[REF, 1][2])


def test_waivers_come_to_those_of_the_decision_that_stands() -> None:
    """A second waiver does not take the first one back, and the same one twice is one."""
    store = blocked()
    verdicts = [decide_anew(store, anew(waiver(name))).verdict for name in ("a", "a", "b")]
    assert [Verdict.BLOCK, Verdict.BLOCK, Verdict.ALLOW] == verdicts
    assert (waiver("a"), waiver("b")) == store.terms(REF, 3).waivers


def test_the_day_of_the_request_counts() -> None:
    """A waiver that has run out by then lifts nothing."""
    assert Verdict.BLOCK is decide_anew(blocked(), anew(waiver("*"), day=date(2030, 2, 2))).verdict


def test_an_attempt_that_was_not_concluded_is_refused() -> None:
    """What goes on, failed or was cancelled has no verdict that could be another one."""
    store = blocked()
    store.state = AttemptState.CANCELLED
    with pytest.raises(Undecided, match="was not concluded with a decision"):
        decide_anew(store, anew(waiver("*")))


def test_a_further_decision_is_derived_again() -> None:
    """A further decision is compared with what its own terms give, and with the digest that the attempt names."""
    store = blocked()
    decided = decide_anew(store, anew(waiver("*")))
    assert replay_attempt(store, REF).equal
    replayed = replay_attempt(store, REF, 1)
    assert (True, decided.digest) == (replayed.equal, replayed.recorded_digest)


def test_a_further_decision_of_other_evidence_is_refused() -> None:
    """What is recorded of an attempt is about the evidence that it has."""
    store = blocked()
    decide_anew(store, anew(waiver("*")))
    _, terms, name = store.further[REF, 1]
    store.add(BASE)
    store.further[REF, 1] = judge(BASE, BASE), terms, name
    with pytest.raises(DamagedAnswer, match="its decision is about"):
        replay_attempt(store, REF, 1)


def test_other_terms_are_tried_without_a_trace() -> None:
    """The answer is the decision under these terms, and nothing is recorded."""
    store = blocked()
    categories = {**TERMS.policy.categories, Category.REMOVED: Effect.NOTE}
    terms = replace(TERMS, policy=replace(TERMS.policy, categories=categories))
    assert judge(BASE, HEAD, terms=terms) == what_if(store, REF, terms)
    assert ({}, evidence_digest(HEAD)) == (store.further, store.decision(REF).head.evidence_digest)


def test_a_request_is_read_whole() -> None:
    """Every field of the contract becomes one of the domain."""
    message = decide_anew_request()
    expected = DecideAnew(
        request_id=message.request_id,
        attempt=REF,
        waivers=SATURATED_TERMS.waivers,
        day=date(2030, 1, 1),
        name="operator",
    )
    assert expected == decide_anew_from_wire(message)
    message.name = " "
    with pytest.raises(InvalidValue, match="name: is blank"):
        decide_anew_from_wire(message)
