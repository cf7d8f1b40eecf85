"""How a run may end: RUNNING to DECIDED, FAILED or CANCELLED, once."""

import re
from dataclasses import dataclass

from autopack_model.errors import InvalidValue
from autopack_model.run.value import Run, RunFailure, RunState
from autopack_store.errors import FailedPrecondition, RunEnded

_FAILURE_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ends. Raises InvalidValue unless the failure is given exactly when the state is FAILED."""

    state: RunState
    failure: RunFailure | None

    def __post_init__(self) -> None:
        if self.state is RunState.RUNNING:
            raise InvalidValue("state", "RUNNING is no way to end; expected DECIDED, FAILED or CANCELLED")
        if (self.state is RunState.FAILED) != (self.failure is not None):
            raise InvalidValue("failure", f"must be given exactly when the state is FAILED, not for {self.state.name}")
        if self.failure is not None and _FAILURE_CODE.fullmatch(self.failure.code) is None:
            raise InvalidValue(
                "failure.code", f"{self.failure.code[:80]!r} is not 1 to 64 of A-Z, 0-9 and '_', starting with a letter"
            )


def check_running(run: Run) -> Run:
    """Return ``run`` while it is in progress. Raises RunEnded."""
    if run.ended:
        raise RunEnded(
            f"run {run.spec.run_id} has ended ({run.state.label}); nothing can be added to it, start a new run",
            subject=run.spec.run_id,
        )
    return run


def check_ending(run: Run, ending: Ending) -> bool:
    """Whether ``run`` still has to be ended so; False when it has ended just so before.

    Raises RunEnded when it ended otherwise, FailedPrecondition when it is to be DECIDED without a decision.
    """
    if run.ended:
        if (run.state, run.failure) == (ending.state, ending.failure):
            return False
        raise RunEnded(
            f"run {run.spec.run_id} has ended before, as {run.state.label}; it cannot become {ending.state.label}",
            subject=run.spec.run_id,
        )
    if ending.state is RunState.DECIDED and not any(attempt.decision_digest for attempt in run.attempts):
        raise FailedPrecondition(
            f"run {run.spec.run_id} has no recorded decision; have the gatekeeper decide an attempt first",
            subject=run.spec.run_id,
        )
    return True
