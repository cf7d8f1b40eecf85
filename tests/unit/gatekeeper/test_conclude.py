"""Concluding a decided attempt with what its auditor recommends."""

import pytest

from autopack_gatekeeper.domain.errors import DamagedAnswer, Overtaken, Undecided
from autopack_gatekeeper.usecases.conclude import Concluded, conclude
from autopack_model.auditor_result.value import AuditorResult, Recommendation
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.value import Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import AttemptState
from tests.fakes.evidence import make_evidence
from tests.fakes.gatekeeper_ports import InMemoryStore
from tests.fakes.results import make_auditor_result
from tests.fakes.store import TERMS, first_attempt, make_decision

REF = first_attempt()
HEAD = make_evidence({"a::x": TestState.PASSED})


def _decided(verdict: Verdict, store: InMemoryStore | None = None) -> InMemoryStore:
    store = store or InMemoryStore()
    store.record(
        "decide", REF, make_decision(None, HEAD, ChangedFiles.of(()), verdict=verdict), "digest", TERMS, conclude=False
    )
    return store


@pytest.mark.parametrize(
    ("recommendation", "verdict", "state"),
    [
        (None, Verdict.ALLOW, AttemptState.ALLOWED),
        (Recommendation.APPROVE, Verdict.ALLOW, AttemptState.ALLOWED),
        (Recommendation.REVISE, Verdict.BLOCK, AttemptState.BLOCKED),
        (Recommendation.ESCALATE, Verdict.NEEDS_HUMAN, AttemptState.NEEDS_HUMAN),
    ],
)
def test_an_allow_is_concluded_with_the_auditors_say(
    recommendation: Recommendation | None, verdict: Verdict, state: AttemptState
) -> None:
    """An ALLOW stays one without an auditor or with its approval; REVISE blocks it, ESCALATE asks for a person."""
    store = _decided(Verdict.ALLOW)
    if recommendation is not None:
        store.add_audit(make_auditor_result(recommendation=recommendation))

    assert Concluded(verdict=verdict, recommendation=recommendation, replayed=False) == conclude(store, "ask-1", REF)
    assert {REF: ("ask-1", state)} == store.conclusions


@pytest.mark.parametrize("recommendation", Recommendation)
@pytest.mark.parametrize("verdict", [Verdict.BLOCK, Verdict.INCONCLUSIVE, Verdict.NEEDS_HUMAN])
def test_no_recommendation_lifts_a_verdict(verdict: Verdict, recommendation: Recommendation) -> None:
    """Whatever an auditor says, a verdict other than ALLOW stays."""
    store = _decided(verdict)
    store.add_audit(make_auditor_result(recommendation=recommendation))

    assert verdict is conclude(store, "ask-1", REF).verdict


def test_nothing_undecided_is_concluded() -> None:
    """An attempt without a decision is not concluded, whatever its auditor says."""
    store = InMemoryStore()
    store.add_audit(make_auditor_result())
    with pytest.raises(Undecided, match="no recorded decision"):
        conclude(store, "ask-1", REF)
    assert {} == store.conclusions


class Mistaken(InMemoryStore):
    """A store that answers with another auditor result than the attempt's."""

    def auditor_result(self, ref: AttemptRef) -> AuditorResult:
        """An approval, whatever was recorded."""
        return make_auditor_result(ref, recommendation=Recommendation.APPROVE)


def test_another_auditor_result_than_the_attempts_is_refused() -> None:
    """An auditor result that does not come to the digest that the attempt names concludes nothing."""
    store = _decided(Verdict.ALLOW, Mistaken())
    store.add_audit(make_auditor_result(recommendation=Recommendation.REVISE))
    with pytest.raises(DamagedAnswer, match="nothing was concluded"):
        conclude(store, "ask-1", REF)
    assert {} == store.conclusions


class Hurried(InMemoryStore):
    """A store in which an auditor's result is recorded just before each of the first conclusions."""

    def __init__(self, *late: Recommendation) -> None:
        super().__init__()
        self._late = list(late)
        self.asked: list[tuple[str, AttemptState]] = []

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """Record the next auditor result first."""
        self.asked.append((request_id, state))
        if self._late:
            self.add_audit(make_auditor_result(recommendation=self._late.pop(0)))
        return super().conclude(request_id, ref, state)


def test_an_auditor_who_comes_in_between_is_heard() -> None:
    """An auditor result that is recorded between reading and concluding is read, and concluded as the same request."""
    store = Hurried(Recommendation.REVISE, Recommendation.ESCALATE)
    _decided(Verdict.ALLOW, store)

    expected = Concluded(verdict=Verdict.NEEDS_HUMAN, recommendation=Recommendation.ESCALATE, replayed=False)
    assert expected == conclude(store, "ask-1", REF)
    states = (AttemptState.ALLOWED, AttemptState.BLOCKED, AttemptState.NEEDS_HUMAN)
    assert [("ask-1", state) for state in states] == store.asked
    assert {REF: ("ask-1", AttemptState.NEEDS_HUMAN)} == store.conclusions


def test_an_attempt_that_never_stands_still_is_not_concluded() -> None:
    """When the store holds something else each time, the third refusal is the answer, and nothing is concluded."""
    store = Hurried(Recommendation.REVISE, Recommendation.ESCALATE, Recommendation.APPROVE, Recommendation.APPROVE)
    _decided(Verdict.ALLOW, store)

    with pytest.raises(Overtaken, match="comes to ALLOW"):
        conclude(store, "ask-1", REF)
    assert (3, {}) == (len(store.asked), store.conclusions)
