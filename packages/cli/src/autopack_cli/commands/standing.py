"""The decision of a run that stands."""

from autopack_clients.errors import UndecidedRun
from autopack_model.run.value import Attempt, Run, RunState, StandingDecision


def standing_decision(run: Run) -> tuple[Attempt, StandingDecision]:
    """The newest attempt of the run, and the decision of it that stands. Raises UndecidedRun."""
    attempt = run.attempts[-1] if run.attempts else None
    standing = None if attempt is None else attempt.standing
    if attempt is None or standing is None or run.state is not RunState.DECIDED:
        run_id = run.spec.run_id
        raise UndecidedRun(
            f"run {run_id} has no decision (it is {run.state.label}); 'autopack explain {run_id}' says why",
            subject=run_id,
        )
    return attempt, standing
