"""How a run may end."""

from dataclasses import replace

import pytest

from autopack_model.errors import InvalidValue
from autopack_model.run.value import Run, RunFailure, RunState
from autopack_store.errors import FailedPrecondition, RunEnded
from autopack_store.runs.ending import Ending, check_ending, check_running
from tests.contract.saturated import DIGEST
from tests.fakes.store import make_attempt, make_spec

FAILURE = RunFailure(code="GIT_FAILED", message="git failed; look at its output")
ENDINGS = {
    RunState.DECIDED: Ending(state=RunState.DECIDED, failure=None),
    RunState.FAILED: Ending(state=RunState.FAILED, failure=FAILURE),
    RunState.CANCELLED: Ending(state=RunState.CANCELLED, failure=None),
}
RUNNING = Run(
    spec=make_spec(),
    state=RunState.RUNNING,
    created_at_ms=1,
    finished_at_ms=None,
    failure=None,
    attempts=(make_attempt(decision_digest=DIGEST),),
)


def _ended(ending: Ending) -> Run:
    return replace(RUNNING, state=ending.state, failure=ending.failure, finished_at_ms=2)


@pytest.mark.parametrize("state", ENDINGS)
def test_a_running_run_may_end_in_every_way(state: RunState) -> None:
    """A run in progress with a decision may end as DECIDED, FAILED or CANCELLED."""
    assert check_ending(RUNNING, ENDINGS[state]) is True


@pytest.mark.parametrize("was", ENDINGS)
@pytest.mark.parametrize("becomes", ENDINGS)
def test_an_ended_run_stays_as_it_is(was: RunState, becomes: RunState) -> None:
    """An ended run may be ended just so again, and in no other way."""
    if was is becomes:
        assert check_ending(_ended(ENDINGS[was]), ENDINGS[becomes]) is False
        return
    with pytest.raises(RunEnded):
        check_ending(_ended(ENDINGS[was]), ENDINGS[becomes])


def test_decided_needs_a_decision() -> None:
    """Only an attempt with a decision lets a run end as DECIDED; the other ends need none."""
    undecided = replace(RUNNING, attempts=(replace(RUNNING.attempts[0], decision_digest=None),))
    with pytest.raises(FailedPrecondition):
        check_ending(undecided, ENDINGS[RunState.DECIDED])
    assert check_ending(undecided, ENDINGS[RunState.CANCELLED]) is True


def test_every_state_is_running_or_an_end() -> None:
    """There is no state of a run that these rules leave out."""
    assert set(RunState) == {RunState.RUNNING, *ENDINGS}
    assert check_running(RUNNING) is RUNNING
    for ending in ENDINGS.values():
        with pytest.raises(RunEnded):
            check_running(_ended(ending))


@pytest.mark.parametrize(
    ("state", "failure", "field"),
    [
        (RunState.RUNNING, None, "state"),
        (RunState.FAILED, None, "failure"),
        (RunState.DECIDED, FAILURE, "failure"),
        (RunState.CANCELLED, FAILURE, "failure"),
        (RunState.FAILED, RunFailure(code="", message="x"), "failure.code"),
        (RunState.FAILED, RunFailure(code="git failed", message="x"), "failure.code"),
        (RunState.FAILED, RunFailure(code="A" * 65, message="x"), "failure.code"),
    ],
)
def test_an_end_that_contradicts_itself_is_refused(state: RunState, failure: RunFailure | None, field: str) -> None:
    """RUNNING is not an end, and a failure with a code is given exactly for FAILED."""
    with pytest.raises(InvalidValue) as caught:
        Ending(state=state, failure=failure)
    assert field == caught.value.path
