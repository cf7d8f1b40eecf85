"""The commands about results of the old shape, and their options: one takes them in, the other one hands them on."""

from typing import Annotated

import typer

from autopack_cli.config import Addresses
from autopack_cli.shared_options import JsonOption, RunArgument, with_addresses

old_result_app = typer.Typer()


@old_result_app.command(name="import-result")
def import_result(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The old result as JSON, or - for the standard input.")],
    kind: Annotated[str, typer.Option(metavar="builder|auditor", help="Who the result is from.")],
    run: Annotated[str | None, typer.Option(help="The run, when the result does not name it.")] = None,
    phase: Annotated[str | None, typer.Option(help="The phase, when the result does not name it.")] = None,
    attempt: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="The attempt, when the result does not name it.")
    ] = None,
    json: JsonOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the typed result, and record nothing.")] = False,
) -> None:
    """Record a result of the old shape. It is recorded as a whole, or everything in it that has no place is named."""
    from autopack_cli.commands.import_result import (  # noqa: PLC0415 - only this command needs it
        ImportOptions,
        run_import_result,
    )

    options = ImportOptions(kind=kind, run=run, phase=phase, attempt=attempt, json=json, dry_run=dry_run, file=file)
    raise typer.Exit(run_import_result(options))


@old_result_app.command(name="send-result")
@with_addresses
def send_result(
    addresses: Addresses,
    run: RunArgument,
    phase: Annotated[str, typer.Option(help="The phase of the run.")],
    attempt: Annotated[int, typer.Option(min=1, max=1_000_000, help="The attempt of the phase.")],
    to: Annotated[str, typer.Option(metavar="HOST:PORT", help="The server that still speaks the old shape.")],
) -> None:
    """Send an auditor result to an old server. The result is the one that the store has of the attempt."""
    from autopack_cli.commands.send_result import run_send_result  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_send_result(run, phase, attempt, to, addresses))
