"""``autopack replay``: derive the decision of a run again from the stored evidence, and compare."""

import sys

from autopack_cli.config import Addresses, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.json_target import json_target
from autopack_cli.render.replay import print_replay
from autopack_cli.session import gatekeeper_session
from autopack_clients.errors import UndecidedRun
from autopack_clients.gatekeeper import Replayed
from autopack_model.canonical import Json
from autopack_model.identity.value import AttemptRef, check_run_id
from autopack_model.run.value import Run

EXIT_DIFFERENT = 1


def run_replay(run_id: str, json: str | None, addresses: Addresses) -> int:
    """Print both digests and the members that differ; returns 0 when the digests are equal and 1 when they are not."""
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        check_run_id(run_id)
        target = None if json is None else json_target(json)
        with gatekeeper_session(settings) as (store, gatekeeper):
            attempt = _decided_attempt(store.run(run_id))
            replayed = gatekeeper.replay(attempt)
        to_stdout = target is not None and target.is_standard_output
        with delivering():
            print_replay(attempt, replayed, sys.stderr if to_stdout else sys.stdout, color=settings.color)
            if target is not None:
                target.write(replay_document(attempt, replayed))
    return 0 if replayed.equal else EXIT_DIFFERENT


def replay_document(attempt: AttemptRef, replayed: Replayed) -> dict[str, Json]:
    """The JSON form."""
    return {
        "run_id": attempt.run_id,
        "phase": attempt.phase,
        "attempt": attempt.attempt,
        "equal": replayed.equal,
        "recorded_digest": replayed.recorded_digest,
        "derived_digest": replayed.derived_digest,
        "differing": list(replayed.differing),
    }


def _decided_attempt(run: Run) -> AttemptRef:
    """The newest attempt, whose decision is the run's. Raises UndecidedRun."""
    if not run.attempts or run.attempts[-1].decision_digest is None:
        run_id = run.spec.run_id
        raise UndecidedRun(
            f"run {run_id} has no decision to derive again (it is recorded as {run.state.label}); 'autopack explain "
            f"{run_id}' says why",
            subject=run_id,
        )
    return run.attempts[-1].ref
