"""``autopack policy``: the commands and their options."""

from typing import Annotated

import typer

from autopack_cli.config import Addresses
from autopack_cli.shared_options import with_addresses

policy_app = typer.Typer(name="policy", help="Read, show and compare policies.", no_args_is_help=True)

FileArgument = Annotated[
    str | None, typer.Argument(metavar="[FILE]", help="The file; the default is autopack.toml or pyproject.toml.")
]
RepoOption = Annotated[str, typer.Option(help="A folder inside the git repository.")]


@policy_app.command()
def check(file: FileArgument = None, repo: RepoOption = ".") -> None:
    """Say whether a file holds a policy that can be used. Exit with 2 when it does not."""
    from autopack_cli.commands.policy import run_policy_check  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_policy_check(file, repo))


@policy_app.command()
def show(
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="The file, in place of the base.")] = None,
    repo: RepoOption = ".",
    base: Annotated[str, typer.Option(help="The revision whose policy is shown.")] = "HEAD",
) -> None:
    """Show the whole policy that holds. What is not as in the default policy says where it comes from."""
    from autopack_cli.commands.policy import run_policy_show  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_policy_show(repo, base, file))


@policy_app.command()
def diff(
    file: FileArgument = None,
    repo: RepoOption = ".",
    base: Annotated[
        str | None, typer.Option(help="Compare with the policy of this revision; the default is the default policy.")
    ] = None,
) -> None:
    """Show what a file changes. Exit with 1 when anything differs."""
    from autopack_cli.commands.policy import run_policy_diff  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_policy_diff(repo, base, file))


@policy_app.command()
@with_addresses
def suggest(addresses: Addresses, repo: RepoOption = ".") -> None:
    """Suggest count floors, from the newest complete base that was gated."""
    from autopack_cli.commands.policy import run_policy_suggest  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_policy_suggest(repo, addresses))
