"""What stands of an attempt, with what people added to its decision."""

from dataclasses import replace

import pytest

from autopack_model.approval.value import Answer, Approval, FurtherDecision
from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_model.run.attempt_state import CONCLUSIONS, AttemptState
from autopack_model.run.value import Attempt
from tests.fakes.store import make_attempt

FIRST, SECOND = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def answer(
    said: Answer = Answer.APPROVED, digest: str = FIRST, *, name: str = "owner", reason: str = "seen"
) -> Approval:
    """An answer."""
    return Approval(answer=said, decision_digest=digest, name=name, reason=reason, at_ms=1)


def anew(verdict: Verdict) -> FurtherDecision:
    """A further decision."""
    return FurtherDecision(number=1, decision_digest=SECOND, verdict=verdict, name="operator", at_ms=2)


def attempt(
    verdict: Verdict, further: tuple[FurtherDecision, ...] = (), approvals: tuple[Approval, ...] = ()
) -> Attempt:
    """An attempt that was concluded so."""
    concluded = make_attempt(state=CONCLUSIONS[verdict], verdict=verdict, decision_digest=FIRST)
    return replace(concluded, further_decisions=further, approvals=approvals)


@pytest.mark.parametrize(
    ("concluded", "number", "exit_code"),
    [
        (attempt(Verdict.BLOCK), 0, 1),
        (attempt(Verdict.NEEDS_HUMAN), 0, 4),
        (attempt(Verdict.NEEDS_HUMAN, approvals=(answer(),)), 0, 0),
        (attempt(Verdict.NEEDS_HUMAN, approvals=(answer(), answer(Answer.REJECTED))), 0, 1),
        (attempt(Verdict.NEEDS_HUMAN, approvals=(answer(digest=SECOND),)), 0, 4),
        (attempt(Verdict.BLOCK, approvals=(answer(),)), 0, 1),
        (attempt(Verdict.INCONCLUSIVE, approvals=(answer(),)), 0, 3),
        (attempt(Verdict.BLOCK, further=(anew(Verdict.ALLOW),)), 1, 0),
        (attempt(Verdict.BLOCK, further=(anew(Verdict.NEEDS_HUMAN),), approvals=(answer(),)), 1, 4),
        (attempt(Verdict.BLOCK, further=(anew(Verdict.NEEDS_HUMAN),), approvals=(answer(digest=SECOND),)), 1, 0),
    ],
)
def test_the_newest_decision_stands_and_the_newest_answer_to_it_counts(
    concluded: Attempt, number: int, exit_code: int
) -> None:
    """An answer counts for NEEDS_HUMAN alone, and only for the decision that it is about."""
    standing = concluded.standing
    assert standing is not None
    assert (number, exit_code) == (standing.number, standing.exit_code)


@pytest.mark.parametrize("state", [AttemptState.DECIDING, AttemptState.CANCELLED])
def test_nothing_stands_before_a_conclusion(state: AttemptState) -> None:
    """An attempt that goes on, or was cancelled after its decision, has none that stands."""
    assert None is make_attempt(state=state, verdict=Verdict.ALLOW, decision_digest=FIRST).standing


def test_an_answer_says_who_and_why() -> None:
    """A blank name and a blank reason are refused."""
    with pytest.raises(InvalidValue, match="name: is blank"):
        answer(name=" ")
    with pytest.raises(InvalidValue, match="reason: is empty"):
        answer(reason=" ")
    with pytest.raises(InvalidValue, match="number"):
        FurtherDecision(number=0, decision_digest=FIRST, verdict=Verdict.ALLOW, name="operator", at_ms=1)
