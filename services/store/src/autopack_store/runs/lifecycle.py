"""The life of an attempt: which step may follow which, and what comes of it."""

from autopack_model.auditor_result.value import Recommendation
from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import Side
from autopack_model.run.attempt_state import CONCLUSIONS, SUCCESSORS, AttemptState, concluded
from autopack_model.run.value import Attempt
from autopack_store.errors import AttemptEnded, DataLoss, FailedPrecondition, WrongConclusion

STEPS = frozenset({AttemptState.BUILDING, AttemptState.TESTING, AttemptState.DECIDING, AttemptState.AUDITING})
"""The states that an executor may announce. The final ones are concluded, or come with the end of the run."""


def check_step(state: AttemptState) -> AttemptState:
    """Return ``state`` when it can be announced. Raises InvalidValue."""
    if state not in STEPS:
        raise InvalidValue(
            "state", f"{state.name} cannot be announced; expected {', '.join(step.name for step in sorted(STEPS))}"
        )
    return state


def check_conclusion(state: AttemptState) -> AttemptState:
    """Return ``state`` when an attempt can be concluded so. Raises InvalidValue."""
    if state.verdict is None:
        expected = ", ".join(conclusion.name for conclusion in CONCLUSIONS.values())
        raise InvalidValue("state", f"{state.name} is not a conclusion; expected {expected}")
    return state


def check_going_on(attempt: Attempt) -> Attempt:
    """Return ``attempt`` while something can be added to it. Raises AttemptEnded."""
    if attempt.state.final:
        raise AttemptEnded(
            f"attempt {attempt.ref} has ended ({attempt.state.label}); nothing can be added to it, start a new attempt",
            subject=str(attempt.ref),
        )
    return attempt


def must_advance(attempt: Attempt, state: AttemptState) -> bool:
    """Whether ``attempt`` has to advance to be in ``state``; False when it is there already.

    Raises AttemptEnded, and FailedPrecondition when there is no way from where it is.
    """
    check_going_on(attempt)
    if attempt.state is state:
        return False
    if state not in SUCCESSORS[attempt.state]:
        ways = ", ".join(way.name for way in sorted(SUCCESSORS[attempt.state]))
        raise FailedPrecondition(
            f"attempt {attempt.ref} is {attempt.state.name} and cannot become {state.name}; it can become {ways}",
            subject=str(attempt.ref),
        )
    if state is AttemptState.DECIDING and attempt.side(Side.HEAD) is None:
        raise FailedPrecondition(
            f"attempt {attempt.ref} has no HEAD evidence to be decided on; attach it first", subject=str(attempt.ref)
        )
    if state is AttemptState.AUDITING and attempt.verdict is None:
        raise FailedPrecondition(
            f"attempt {attempt.ref} has no recorded decision to be audited; have the gatekeeper decide it first",
            subject=str(attempt.ref),
        )
    return True


def must_conclude(attempt: Attempt, recommendation: Recommendation | None, state: AttemptState) -> bool:
    """Whether ``attempt`` has to be concluded as ``state``; False when it was concluded just so before.

    Raises AttemptEnded, FailedPrecondition when nothing was decided or an audit is awaited, and WrongConclusion when
    decision and recommendation come to something else.
    """
    if attempt.state is state:
        return False
    check_going_on(attempt)
    if attempt.verdict is None:
        raise FailedPrecondition(
            f"attempt {attempt.ref} has no recorded decision; have the gatekeeper decide it first",
            subject=str(attempt.ref),
        )
    check_audited(attempt, recommendation)
    expected = CONCLUSIONS[concluded(attempt.verdict, recommendation)]
    if state is not expected:
        said = "no auditor" if recommendation is None else f"the auditor's {recommendation.name}"
        raise WrongConclusion(
            f"attempt {attempt.ref} with the decision {attempt.verdict.name} and {said} comes to {expected.name}, not "
            f"{state.name}; conclude it again",
            subject=str(attempt.ref),
        )
    return True


def state_at_end(attempt: Attempt) -> AttemptState:
    """What a decided run's end makes of an attempt that goes on: one decided without an auditor is concluded by it.

    Raises FailedPrecondition when the attempt is undecided, or an auditor's say still has to be considered.
    """
    if attempt.verdict is None:
        raise FailedPrecondition(
            f"attempt {attempt.ref} has no recorded decision; have the gatekeeper decide it first",
            subject=str(attempt.ref),
        )
    if attempt.state is AttemptState.AUDITING:
        raise _being_audited(attempt)
    return CONCLUSIONS[attempt.verdict]


def check_audited(attempt: Attempt, recommendation: Recommendation | None) -> None:
    """Raise FailedPrecondition when the attempt is being audited and no auditor has had its say: an audit that never
    came is not an approval.
    """
    if attempt.state is AttemptState.AUDITING and recommendation is None:
        raise _being_audited(attempt)


def check_concluded(attempt: Attempt, verdict: Verdict, recommendation: Recommendation | None) -> None:
    """Raise DataLoss unless a concluded attempt's state is what its decision and its auditor come to."""
    if attempt.state.verdict is not None and attempt.state is not CONCLUSIONS[concluded(verdict, recommendation)]:
        raise DataLoss(
            f"attempt {attempt.ref} is {attempt.state.name}, which its decision {verdict.name} does not come to; it "
            "was changed outside of the store, restore the database from a backup",
            subject=str(attempt.ref),
        )


def _being_audited(attempt: Attempt) -> FailedPrecondition:
    return FailedPrecondition(
        f"attempt {attempt.ref} is being audited; record the auditor's result, then have the gatekeeper conclude the "
        "attempt",
        subject=str(attempt.ref),
    )
