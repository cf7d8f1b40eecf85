"""The commands and their options. What a command does is in a module of its own, imported when it is called."""

from pathlib import Path
from typing import Annotated

import typer

from autopack_cli.afterwards_app import afterwards_app
from autopack_cli.config import Addresses
from autopack_cli.given_tests import GivenTests
from autopack_cli.old_result_app import old_result_app
from autopack_cli.policy_app import policy_app
from autopack_cli.shared_options import (
    JsonOption,
    PolicyOption,
    RunArgument,
    with_addresses,
    with_tests,
)

app = typer.Typer(
    name="autopack",
    help="May this change proceed? Autopack runs the test suite on the base and on the candidate in isolation, "
    "compares them test by test, applies a policy, and records a decision.",
    epilog="Exit codes: 0 ALLOW, 1 BLOCK, 2 wrong usage, 3 INCONCLUSIVE, 4 NEEDS_HUMAN, 70 a failure of Autopack "
    "itself, 130 cancelled.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
@with_addresses
@with_tests
def gate(
    addresses: Addresses,
    tests: GivenTests,
    repo: Annotated[
        str,
        typer.Option(
            help="A folder inside the git repository, which is sent to a remote executor; or a URL that it clones."
        ),
    ] = ".",
    mounted: Annotated[
        bool, typer.Option("--mounted", help="Take --repo for a path on the machine of the remote executor.")
    ] = False,
    base: Annotated[
        str | None,
        typer.Option(help="The base revision; the default is the merge-base of the candidate and the default branch."),
    ] = None,
    head: Annotated[str | None, typer.Option(help="The candidate is this commit.")] = None,
    patch: Annotated[
        str | None,
        typer.Option(
            help="The candidate is this patch file, or - for the standard input. It must apply exactly and whole."
        ),
    ] = None,
    patch_fix: Annotated[
        bool,
        typer.Option(
            "--patch-fix",
            help="Restore the lost last newline of the patch and count its hunks anew. The run records what was done.",
        ),
    ] = False,
    worktree: Annotated[
        bool,
        typer.Option("--worktree", help="The candidate is the uncommitted edits, with the untracked files."),
    ] = False,
    json: JsonOption = None,
    run_id: Annotated[str | None, typer.Option(help="The name of the run; the default is a generated one.")] = None,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Judge the head alone, when no base can be measured.")
    ] = False,
    fresh_base: Annotated[
        bool, typer.Option("--fresh-base", help="Measure the base anew, though a baseline is stored.")
    ] = False,
    policy: PolicyOption = None,
) -> None:
    """Gate a change: exit with 0 when it may proceed."""
    from autopack_cli.commands.gate import run_gate  # noqa: PLC0415 - only this command needs it
    from autopack_cli.gating.request import GateOptions  # noqa: PLC0415 - only this command needs it

    options = GateOptions(
        repo=repo,
        mounted=mounted,
        base=base,
        head=head,
        patch=patch,
        patch_fix=patch_fix,
        worktree=worktree,
        tests=tests,
        json=json,
        run_id=run_id,
        no_baseline=no_baseline,
        fresh_base=fresh_base,
        policy=policy,
        addresses=addresses,
    )
    raise typer.Exit(run_gate(options))


@app.command()
@with_addresses
def explain(addresses: Addresses, run: RunArgument) -> None:
    """Explain the decision of a run. The answer ends with the commands that reproduce what fails."""
    from autopack_cli.commands.explain import run_explain  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_explain(run, addresses))


@app.command()
@with_addresses
def logs(
    addresses: Addresses,
    run: RunArgument,
    side: Annotated[str, typer.Option(metavar="head|base", help="The side that the file is of.")] = "head",
    what: Annotated[
        str, typer.Option(metavar="output|setup|recorder|evidence|result|patch", help="What to print.")
    ] = "output",
    list_all: Annotated[bool, typer.Option("--list", help="List the files that are there, with their sizes.")] = False,
) -> None:
    """Print the output of a run's suite, or another file that the run left on its executor."""
    from autopack_cli.commands.logs import LogsOptions, run_logs  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_logs(LogsOptions(run_id=run, side=side, what=what, list_all=list_all, addresses=addresses)))


@app.command()
@with_addresses
def replay(addresses: Addresses, run: RunArgument, json: JsonOption = None) -> None:
    """Derive a recorded decision again. Exit with 0 when the stored evidence gives the same decision, else with 1."""
    from autopack_cli.commands.replay import run_replay  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_replay(run, json, addresses))


@app.command()
@with_addresses
def runs(
    addresses: Addresses,
    repo: Annotated[
        str | None, typer.Option(help="Only the runs of this repository: a folder in it, or its URL.")
    ] = None,
    verdict: Annotated[
        str | None,
        typer.Option(
            metavar="allow|block|inconclusive|needs-human",
            help="Only the runs whose newest decision has this verdict.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only the runs created at this time or later: 7d ago (or m, h, w), or an ISO date or time.",
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only the runs created before this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000, help="How many runs to list at most.")] = 20,
) -> None:
    """List the runs, the newest first."""
    from autopack_cli.commands.runs import RunsOptions, run_runs  # noqa: PLC0415 - only this command needs it

    options = RunsOptions(repo=repo, verdict=verdict, since=since, until=until, limit=limit, addresses=addresses)
    raise typer.Exit(run_runs(options))


@app.command()
@with_addresses
def history(
    addresses: Addresses,
    test_id: Annotated[str, typer.Argument(metavar="TEST_ID", help="The test, such as tests/test_a.py::test_it[1].")],
    repo: Annotated[
        str, typer.Option(metavar="PATH|URL", help="The repository: a folder in it, or the URL that was gated.")
    ] = ".",
    side: Annotated[str | None, typer.Option(metavar="base|head", help="Only the suite runs of this side.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10000, help="How many outcomes at most.")] = 20,
    json: JsonOption = None,
) -> None:
    """Show how a test fared in recent runs. The answer says how flaky the test is, and since when it has been bad."""
    from autopack_cli.commands.history import HistoryOptions, run_history  # noqa: PLC0415 - only this command needs it

    options = HistoryOptions(test_id=test_id, repo=repo, side=side, limit=limit, json=json, addresses=addresses)
    raise typer.Exit(run_history(options))


@app.command()
@with_addresses
@with_tests
def noise(
    addresses: Addresses,
    tests: GivenTests,
    repo: Annotated[
        str,
        typer.Option(
            help="A folder inside the git repository, which is sent to a remote executor; or a URL that it clones."
        ),
    ] = ".",
    base: Annotated[str, typer.Option(help="The revision to measure.")] = "HEAD",
    runs: Annotated[int, typer.Option(min=2, max=100, help="How often its suite is run.")] = 5,
    json: JsonOption = None,
) -> None:
    """Measure a revision several times and list the tests that are not the same each time. Exit with 1 when there are
    any, with 3 when a suite run did not run to its end.

    It finds what varies by itself: with time, order of threads, network, load. Every gate uses the same seeds, and so
    does this; what varies with the seed alone is not found, unless you give another seed after --. A test that fails
    once in a hundred runs is hardly found in five.
    """
    from autopack_cli.commands.noise import NoiseOptions, run_noise  # noqa: PLC0415 - only this command needs it

    options = NoiseOptions(repo=repo, base=base, runs=runs, tests=tests, json=json, addresses=addresses)
    raise typer.Exit(run_noise(options))


@app.command()
@with_tests
def config(
    tests: GivenTests,
    repo: Annotated[str, typer.Option(help="A folder inside the git repository.")] = ".",
    base: Annotated[
        str | None, typer.Option(help="The base revision; the default is that of a gate of the uncommitted edits.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Show how a gate would run the tests. For each setting the answer says where it comes from."""
    from autopack_cli.commands.config import ConfigOptions, run_config  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_config(ConfigOptions(repo=repo, base=base, tests=tests, json=json)))


@app.command()
def hygiene(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Folders or files; the default is the current folder.")
    ] = None,
) -> None:
    """Find stray backup files among the sources, except those that git ignores. Exit with 1 when there are any."""
    from autopack_cli.commands.hygiene import run_hygiene  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_hygiene(tuple(paths or (Path(),))))


@app.command()
@with_addresses
def doctor(addresses: Addresses) -> None:
    """Check the services. Each has to answer, to be ready, and to speak the contract of this command."""
    from autopack_cli.commands.doctor import run_doctor  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_doctor(addresses))


app.add_typer(afterwards_app)
app.add_typer(policy_app)
app.add_typer(old_result_app)
