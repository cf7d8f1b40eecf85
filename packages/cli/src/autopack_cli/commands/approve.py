"""``autopack approve`` and ``autopack reject``: a person's answer to NEEDS_HUMAN."""

import sys
from dataclasses import dataclass

from rich.text import Text

from autopack_cli.commands.standing import standing_decision
from autopack_cli.config import Addresses, login_name, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.render.console import console
from autopack_cli.session import store_session
from autopack_model.approval.value import Answer
from autopack_model.decision.value import Verdict
from autopack_model.errors import BadRequest
from autopack_model.identity.value import check_run_id
from autopack_rpc.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveOptions:
    """The options as they were given; ``name`` is None for the user who is logged in."""

    run_id: str
    answer: Answer
    reason: str
    name: str | None
    addresses: Addresses


def run_approve(options: ApproveOptions) -> int:
    """Record the answer; returns the exit code of the command, which is not that of the run."""
    with reporting_errors():
        settings = process_settings().reaching(options.addresses, role=Role.CLIENT)
        check_run_id(options.run_id)
        name = options.name or login_name()
        with store_session(settings, Role.CLIENT) as store:
            attempt, standing = standing_decision(store.run(options.run_id))
            if standing.verdict is not Verdict.NEEDS_HUMAN:
                raise BadRequest(_refusal(options.run_id, standing.verdict), subject=options.run_id)
            store.record_approval(attempt.ref, standing.digest, options.answer, name, options.reason)
        with delivering():
            said = f"{options.answer.label.upper()} run {options.run_id} by {name}"
            console(sys.stdout, color=settings.color).print(Text(said))
    return 0


def _refusal(run_id: str, verdict: Verdict) -> str:
    cures = {
        Verdict.BLOCK: f"a BLOCK takes a waiver: autopack waive {run_id}",
        Verdict.INCONCLUSIVE: "an INCONCLUSIVE has to be run again: nothing was proven",
        Verdict.ALLOW: "an ALLOW needs no answer",
    }
    return f"run {run_id} is {verdict.name}, and only NEEDS_HUMAN takes an answer; {cures[verdict]}"
