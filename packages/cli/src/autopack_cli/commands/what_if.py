"""``autopack what-if``: what another policy would make of a run."""

import sys
from datetime import UTC, datetime

from rich.text import Text

from autopack_cli.commands.policy_files import policy_file
from autopack_cli.commands.standing import standing_decision
from autopack_cli.config import Addresses, process_settings, wall_clock_ms
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.json_target import json_target
from autopack_cli.render.console import VERDICT_STYLES, console
from autopack_cli.render.summary import print_reasons
from autopack_cli.session import gatekeeper_session
from autopack_model.canonical import Json
from autopack_model.decision.document import decision_digest, reason_document
from autopack_model.decision.value import Decision, Verdict
from autopack_model.identity.value import check_run_id
from autopack_model.policy.file import terms_of

SCHEMA = "autopack.what-if/1"


def run_what_if(run_id: str, policy: str, json: str | None, addresses: Addresses) -> int:
    """Print the verdict and the reasons; returns the exit code of that verdict. Nothing is recorded."""
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        check_run_id(run_id)
        target = None if json is None else json_target(json)
        file = policy_file(policy, "--policy")
        today = datetime.fromtimestamp(wall_clock_ms() / 1000, tz=UTC).date()
        with gatekeeper_session(settings) as (store, gatekeeper):
            attempt, standing = standing_decision(store.run(run_id))
            decision = gatekeeper.what_if(attempt.ref, terms_of(file, today))
        to_stdout = target is not None and target.is_standard_output
        with delivering():
            out = console(sys.stderr if to_stdout else sys.stdout, color=settings.color)
            style = VERDICT_STYLES[decision.verdict]
            out.print(
                Text(decision.verdict.name, style=style),
                Text(f"run {run_id} under {file.source}; it stands as {standing.verdict.name}"),
            )
            print_reasons(out, decision.reasons)
            if target is not None:
                target.write(_document(run_id, standing.verdict, decision))
    return decision.verdict.exit_code


def _document(run_id: str, standing: Verdict, decision: Decision) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "standing_verdict": standing.name,
        "verdict": decision.verdict.name,
        "decision_digest": decision_digest(decision),
        "policy_digest": decision.policy_digest,
        "reasons": [reason_document(reason) for reason in decision.reasons],
    }
