"""The commands about what comes after a decision: where a run stands, answers, waivers, and other policies."""

from pathlib import Path
from typing import Annotated

import typer

from autopack_cli.config import Addresses
from autopack_cli.shared_options import (
    ByOption,
    JsonOption,
    ReasonOption,
    RunArgument,
    with_addresses,
)
from autopack_model.approval.value import Answer

afterwards_app = typer.Typer()


@afterwards_app.command()
@with_addresses
def status(addresses: Addresses, run: RunArgument, json: JsonOption = None) -> None:
    """Say how a run stands, with what people added to its decision. Exit with the code of what stands."""
    from autopack_cli.commands.status import run_status  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_status(run, json, addresses))


@afterwards_app.command()
@with_addresses
def approve(addresses: Addresses, run: RunArgument, reason: ReasonOption, by: ByOption = None) -> None:
    """Say yes to a run that needs a human. The store records who and why beside the decision."""
    from autopack_cli.commands.approve import ApproveOptions, run_approve  # noqa: PLC0415 - only this command needs it

    answer = Answer.APPROVED
    raise typer.Exit(
        run_approve(ApproveOptions(run_id=run, answer=answer, reason=reason, name=by, addresses=addresses))
    )


@afterwards_app.command()
@with_addresses
def reject(addresses: Addresses, run: RunArgument, reason: ReasonOption, by: ByOption = None) -> None:
    """Say no to a run that needs a human. The store records who and why beside the decision."""
    from autopack_cli.commands.approve import ApproveOptions, run_approve  # noqa: PLC0415 - only this command needs it

    answer = Answer.REJECTED
    raise typer.Exit(
        run_approve(ApproveOptions(run_id=run, answer=answer, reason=reason, name=by, addresses=addresses))
    )


@afterwards_app.command()
@with_addresses
def waive(
    addresses: Addresses,
    run: RunArgument,
    subjects: Annotated[
        str, typer.Option(metavar="PATTERN", help="The tests, modules or files: * is any text, ? one character.")
    ],
    reason: ReasonOption,
    approver: Annotated[str, typer.Option(metavar="NAME", help="Who approves the waiver.")],
    expires: Annotated[str, typer.Option(metavar="DAY", help="Its last day: 30d from now (or w), or 2030-12-31.")],
    category: Annotated[
        str | None, typer.Option(metavar="CODE", help="The code; the default is each that stands in the way.")
    ] = None,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Append the entry to this file.")] = None,
    now: Annotated[bool, typer.Option("--now", help="Decide the run anew under the waiver, and record it.")] = False,
    by: ByOption = None,
) -> None:
    """Print the entry of a waiver for what stands in the way of a run, for you to commit to the base."""
    from autopack_cli.commands.waive import WaiveOptions, run_waive  # noqa: PLC0415 - only this command needs it

    options = WaiveOptions(
        run_id=run,
        subjects=subjects,
        category=category,
        reason=reason,
        approver=approver,
        expires=expires,
        now=now,
        name=by,
        write=write,
        addresses=addresses,
    )
    raise typer.Exit(run_waive(options))


@afterwards_app.command("what-if")
@with_addresses
def what_if(
    addresses: Addresses,
    run: RunArgument,
    policy: Annotated[str, typer.Option(metavar="FILE", help="The file with the other policy.")],
    json: JsonOption = None,
) -> None:
    """Show what another policy would make of the stored evidence of a run. Exit with the code of that verdict."""
    from autopack_cli.commands.what_if import run_what_if  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_what_if(run, policy, json, addresses))
