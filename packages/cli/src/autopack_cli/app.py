"""The commands and their options. What they do is in modules of their own, imported when needed."""

from pathlib import Path
from typing import Annotated

import typer

from autopack_cli.config import Addresses

ExecutorOption = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="A remote executor; default: $AUTOPACK_EXECUTOR_ADDRESS. Needs --store."),
]
StoreOption = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="A remote store; default: $AUTOPACK_STORE_ADDRESS, else embedded."),
]
GatekeeperOption = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT", help="A remote gatekeeper; default: $AUTOPACK_GATEKEEPER_ADDRESS, else embedded."
    ),
]
TokenOption = Annotated[
    Path | None,
    typer.Option(
        help="File with the token for these services: the client's with a remote executor "
        "(default: $AUTOPACK_CLIENT_TOKEN_FILE), else the executor's ($AUTOPACK_EXECUTOR_TOKEN_FILE)."
    ),
]

app = typer.Typer(
    name="autopack",
    help="May this change proceed? Runs the test suite on base and candidate in isolation, compares test by test, "
    "applies a policy, and records a decision.",
    epilog="Exit codes: 0 ALLOW, 1 BLOCK, 2 usage, 3 INCONCLUSIVE, 4 NEEDS_HUMAN, 70 failure of autopack itself, "
    "130 cancelled.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def gate(
    repo: Annotated[
        str,
        typer.Option(
            help="A folder inside the git repository, which is sent to a remote executor; or the URL that it clones."
        ),
    ] = ".",
    mounted: Annotated[
        bool, typer.Option("--mounted", help="--repo is a path on the remote executor's machine.")
    ] = False,
    base: Annotated[
        str | None,
        typer.Option(help="The base revision; default: the merge-base of the candidate with the default branch."),
    ] = None,
    head: Annotated[str | None, typer.Option(help="The candidate: a commit.")] = None,
    patch: Annotated[
        str | None,
        typer.Option(help="The candidate: a patch file, or - for standard input; applied exactly or refused."),
    ] = None,
    worktree: Annotated[
        bool, typer.Option("--worktree", help="The candidate: the uncommitted edits, untracked files included.")
    ] = False,
    python: Annotated[
        str | None,
        typer.Option(
            help="Interpreter or virtual environment for both sides, on the executor's machine; default: the active "
            "one, or a remote executor's own choice."
        ),
    ] = None,
    setup: Annotated[
        str | None,
        typer.Option(help="Command run in each side's worktree with a virtual environment of its own active."),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.001, max=86400, help="Time limit of one side, in seconds.")] = 3600,
    json: Annotated[
        str | None, typer.Option(help="Write the result as JSON to this file, or to standard output with -.")
    ] = None,
    run_id: Annotated[str | None, typer.Option(help="The run's name; generated when left out.")] = None,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Judge head alone, where no base can be measured.")
    ] = False,
    executor: ExecutorOption = None,
    store: StoreOption = None,
    gatekeeper: GatekeeperOption = None,
    token_file: TokenOption = None,
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[-- PYTEST_ARGUMENTS]", help="For pytest.")] = None,
) -> None:
    """Gate a change: exit with 0 when it may proceed."""
    from autopack_cli.gate import GateOptions, run_gate  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(
        run_gate(
            GateOptions(
                repo=repo,
                mounted=mounted,
                base=base,
                head=head,
                patch=patch,
                worktree=worktree,
                python=python,
                setup=setup,
                timeout_ms=round(timeout * 1000),
                json=json,
                run_id=run_id,
                no_baseline=no_baseline,
                arguments=tuple(arguments or ()),
                addresses=Addresses(executor=executor, store=store, gatekeeper=gatekeeper, token_file=token_file),
            )
        )
    )


@app.command()
def explain(
    run: Annotated[str, typer.Argument(help="The run's name.")],
    executor: ExecutorOption = None,
    store: StoreOption = None,
    gatekeeper: GatekeeperOption = None,
    token_file: TokenOption = None,
) -> None:
    """Say why a run was decided as it was, and how to see it."""
    from autopack_cli.explain import run_explain  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(
        run_explain(run, Addresses(executor=executor, store=store, gatekeeper=gatekeeper, token_file=token_file))
    )


@app.command()
def runs(
    repo: Annotated[
        str | None, typer.Option(help="Only the runs of this repository: a folder in it, or its URL.")
    ] = None,
    verdict: Annotated[
        str | None,
        typer.Option(
            metavar="allow|block|inconclusive|needs-human", help="Only runs whose newest decision has this verdict."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Only runs created then or later: 7d (or m, h, w) ago, or an ISO date or time."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only runs created before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000, help="How many at most.")] = 20,
    executor: ExecutorOption = None,
    store: StoreOption = None,
    gatekeeper: GatekeeperOption = None,
    token_file: TokenOption = None,
) -> None:
    """List runs, newest first."""
    from autopack_cli.runs import RunsOptions, run_runs  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(
        run_runs(
            RunsOptions(
                repo=repo,
                verdict=verdict,
                since=since,
                until=until,
                limit=limit,
                addresses=Addresses(executor=executor, store=store, gatekeeper=gatekeeper, token_file=token_file),
            )
        )
    )


@app.command()
def history(
    test_id: Annotated[str, typer.Argument(metavar="TEST_ID", help="The test: tests/test_a.py::test_it[1].")],
    repo: Annotated[
        str, typer.Option(metavar="PATH|URL", help="The repository: a folder in it, or its URL as it was gated.")
    ] = ".",
    side: Annotated[str | None, typer.Option(metavar="base|head", help="Only suite runs of this side.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10000, help="How many outcomes at most.")] = 20,
    json: Annotated[
        str | None, typer.Option(help="Write the history as JSON to this file, or to standard output with -.")
    ] = None,
    executor: ExecutorOption = None,
    store: StoreOption = None,
    gatekeeper: GatekeeperOption = None,
    token_file: TokenOption = None,
) -> None:
    """Say how a test did in the last runs: its outcomes, how flaky it is, and since when it is bad."""
    from autopack_cli.history import HistoryOptions, run_history  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(
        run_history(
            HistoryOptions(
                test_id=test_id,
                repo=repo,
                side=side,
                limit=limit,
                json=json,
                addresses=Addresses(executor=executor, store=store, gatekeeper=gatekeeper, token_file=token_file),
            )
        )
    )


@app.command()
def hygiene(
    paths: Annotated[list[Path] | None, typer.Argument(help="Folders or files; default: the current folder.")] = None,
) -> None:
    """Fail when stray backup files lie among the sources (ignored files aside)."""
    from autopack_cli.hygiene import run_hygiene  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(run_hygiene(tuple(paths or (Path(),))))


@app.command()
def doctor(
    executor: ExecutorOption = None,
    store: StoreOption = None,
    gatekeeper: GatekeeperOption = None,
    token_file: TokenOption = None,
) -> None:
    """Say which contract each service speaks; fail when they differ or cannot be reached."""
    from autopack_cli.doctor import run_doctor  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(
        run_doctor(Addresses(executor=executor, store=store, gatekeeper=gatekeeper, token_file=token_file))
    )


@app.command(name="import-result")
def import_result(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The old result as JSON, or - for standard input.")],
    kind: Annotated[str, typer.Option(metavar="builder|auditor", help="Whose result it is.")],
    run: Annotated[str | None, typer.Option(help="The run, where the result does not name it.")] = None,
    phase: Annotated[str | None, typer.Option(help="The phase, where the result does not name it.")] = None,
    attempt: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="The attempt, where the result does not name it.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(help="Write the typed result as JSON to this file, or to standard output with -.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the typed result, and record nothing.")] = False,
) -> None:
    """Record a builder or auditor result of the old shape, whole; or name all that cannot be placed (exit code 2)."""
    from autopack_cli.import_result import ImportOptions, run_import_result  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(
        run_import_result(
            ImportOptions(kind=kind, run=run, phase=phase, attempt=attempt, json=json, dry_run=dry_run, file=file)
        )
    )
