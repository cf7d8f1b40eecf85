"""The life of an attempt: every step from every state, and what decision and auditor come to."""

import itertools

import pytest

from autopack_model.auditor_result.value import Recommendation
from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import Side
from autopack_model.run.attempt_state import CONCLUSIONS, SUCCESSORS, AttemptState, concluded
from autopack_model.run.value import SideEvidence
from autopack_store.errors import AttemptEnded, DataLoss, FailedPrecondition, WrongConclusion
from autopack_store.runs.lifecycle import (
    STEPS,
    check_concluded,
    check_conclusion,
    check_step,
    must_advance,
    must_conclude,
    state_at_end,
)
from tests.contract.saturated import DIGEST
from tests.fakes.store import make_attempt

S = AttemptState
ORDER = (S.QUEUED, S.BUILDING, S.TESTING, S.DECIDING, S.AUDITING)
FINAL = (S.ALLOWED, S.BLOCKED, S.INCONCLUSIVE, S.NEEDS_HUMAN, S.FAILED, S.CANCELLED)
NEXT = {
    S.QUEUED: {S.BUILDING, S.TESTING, S.FAILED, S.CANCELLED},
    S.BUILDING: {S.TESTING, S.FAILED, S.CANCELLED},
    S.TESTING: {S.DECIDING, S.FAILED, S.CANCELLED},
    S.DECIDING: {S.AUDITING, *FINAL},
    S.AUDITING: {*FINAL},
}
HEAD = SideEvidence(side=Side.HEAD, evidence_digest=DIGEST, reused=False)
RECOMMENDATIONS: tuple[Recommendation | None, ...] = (None, *Recommendation)


@pytest.mark.parametrize("state", AttemptState)
def test_successors_are_those_of_the_design(state: AttemptState) -> None:
    """Each state has the successors that its line of the contract names; final ones have none."""
    assert NEXT.get(state, set()) == set(SUCCESSORS[state])
    assert (state in FINAL) is state.final


@pytest.mark.parametrize(("now", "then"), [*itertools.product(AttemptState, sorted(STEPS))])
def test_every_step_from_every_state(now: AttemptState, then: AttemptState) -> None:
    """A decided attempt takes exactly the steps that follow its state, stays where it is, and takes none when final."""
    attempt = make_attempt(state=now, evidence=(HEAD,), verdict=Verdict.ALLOW, decision_digest=DIGEST)
    if now.final:
        with pytest.raises(AttemptEnded, match=now.label):
            must_advance(attempt, then)
    elif now is then:
        assert must_advance(attempt, then) is False
    elif then in NEXT[now]:
        assert must_advance(attempt, then) is True
    else:
        with pytest.raises(FailedPrecondition, match=f"is {now.name} and cannot become {then.name}"):
            must_advance(attempt, then)


@pytest.mark.parametrize("side", [None, Side.BASE])
def test_nothing_unmeasured_is_decided(side: Side | None) -> None:
    """An attempt without HEAD evidence cannot go on to its decision, and so is not stuck there."""
    evidence = () if side is None else (SideEvidence(side=side, evidence_digest=DIGEST, reused=False),)
    with pytest.raises(FailedPrecondition, match="no HEAD evidence"):
        must_advance(make_attempt(state=S.TESTING, evidence=evidence), S.DECIDING)


@pytest.mark.parametrize("verdict", Verdict)
def test_an_audit_that_never_came_is_no_approval(verdict: Verdict) -> None:
    """While an audit is announced and no auditor has had its say, nothing concludes the attempt."""
    attempt = make_attempt(state=S.AUDITING, verdict=verdict, decision_digest=DIGEST)
    with pytest.raises(FailedPrecondition, match="being audited"):
        must_conclude(attempt, None, CONCLUSIONS[verdict])


@pytest.mark.parametrize("state", CONCLUSIONS.values())
def test_a_conclusion_that_nothing_comes_to_is_damage(state: AttemptState) -> None:
    """A concluded attempt whose state is not what decision and auditor come to was changed from outside."""
    attempt = make_attempt(state=state, verdict=Verdict.ALLOW, decision_digest=DIGEST)
    if state is S.BLOCKED:
        check_concluded(attempt, Verdict.ALLOW, Recommendation.REVISE)
    else:
        with pytest.raises(DataLoss, match=state.name):
            check_concluded(attempt, Verdict.ALLOW, Recommendation.REVISE)


def test_nothing_undecided_is_audited() -> None:
    """An attempt without a recorded decision cannot go on to its audit."""
    with pytest.raises(FailedPrecondition, match="no recorded decision"):
        must_advance(make_attempt(state=S.DECIDING), S.AUDITING)


@pytest.mark.parametrize("state", sorted(set(AttemptState) - STEPS))
def test_only_steps_can_be_announced(state: AttemptState) -> None:
    """QUEUED and the final states cannot be announced by an executor."""
    with pytest.raises(InvalidValue, match=f"{state.name} cannot be announced"):
        check_step(state)


@pytest.mark.parametrize("state", [*ORDER, S.FAILED, S.CANCELLED])
def test_only_verdicts_are_conclusions(state: AttemptState) -> None:
    """A state without a verdict is not a conclusion."""
    with pytest.raises(InvalidValue, match=f"{state.name} is not a conclusion"):
        check_conclusion(state)


EXPECTED = {
    None: Verdict.ALLOW,
    Recommendation.APPROVE: Verdict.ALLOW,
    Recommendation.REVISE: Verdict.BLOCK,
    Recommendation.ESCALATE: Verdict.NEEDS_HUMAN,
}


@pytest.mark.parametrize("recommendation", RECOMMENDATIONS)
def test_a_recommendation_only_makes_an_allow_stricter(recommendation: Recommendation | None) -> None:
    """REVISE turns ALLOW into BLOCK, ESCALATE into NEEDS_HUMAN; no recommendation changes any other verdict."""
    assert EXPECTED[recommendation] is concluded(Verdict.ALLOW, recommendation)
    for verdict in (Verdict.BLOCK, Verdict.INCONCLUSIVE, Verdict.NEEDS_HUMAN):
        assert verdict is concluded(verdict, recommendation)


@pytest.mark.parametrize(
    ("verdict", "recommendation", "state"), [*itertools.product(Verdict, RECOMMENDATIONS, CONCLUSIONS.values())]
)
def test_only_the_right_conclusion_is_taken(
    verdict: Verdict, recommendation: Recommendation | None, state: AttemptState
) -> None:
    """A conclusion other than what decision and recommendation come to is refused, whoever asks for it."""
    stage = S.DECIDING if recommendation is None else S.AUDITING
    attempt = make_attempt(state=stage, verdict=verdict, decision_digest=DIGEST)
    if state is CONCLUSIONS[concluded(verdict, recommendation)]:
        assert must_conclude(attempt, recommendation, state) is True
    else:
        with pytest.raises(WrongConclusion, match=f"not {state.name}"):
            must_conclude(attempt, recommendation, state)


def test_a_conclusion_stands() -> None:
    """Concluding just so again changes nothing; concluding otherwise is refused."""
    blocked = make_attempt(state=S.BLOCKED, verdict=Verdict.BLOCK, decision_digest=DIGEST)
    assert must_conclude(blocked, None, S.BLOCKED) is False
    with pytest.raises(AttemptEnded, match="blocked"):
        must_conclude(blocked, None, S.ALLOWED)


def test_the_undecided_has_no_conclusion() -> None:
    """An attempt without a decision cannot be concluded, nor its run end as decided."""
    undecided = make_attempt(state=S.TESTING)
    for ask in (lambda: must_conclude(undecided, None, S.ALLOWED), lambda: state_at_end(undecided)):
        with pytest.raises(FailedPrecondition, match="no recorded decision"):
            ask()


@pytest.mark.parametrize("verdict", Verdict)
def test_a_run_concludes_what_no_auditor_saw(verdict: Verdict) -> None:
    """The end of a decided run concludes an attempt by its decision, but not one that is being audited."""
    attempt = make_attempt(state=S.DECIDING, verdict=verdict, decision_digest=DIGEST)
    assert verdict is state_at_end(attempt).verdict
    with pytest.raises(FailedPrecondition, match="being audited"):
        state_at_end(make_attempt(state=S.AUDITING, verdict=verdict, decision_digest=DIGEST))
