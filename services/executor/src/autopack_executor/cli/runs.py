"""``autopack runs``."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from autopack_executor.adapters.git.repository import GitRepository
from autopack_executor.cli.ending import delivering, reporting_errors
from autopack_executor.cli.messages import tell
from autopack_executor.cli.session import session
from autopack_executor.cli.summary import VERDICT_STYLES, console
from autopack_executor.cli.text import one_line
from autopack_executor.config import Addresses, Settings, process_settings
from autopack_results.run import Run, RunState, is_url


def run_runs(repo: str | None, limit: int, addresses: Addresses) -> int:
    """Print the newest runs, a line each; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        root = "" if repo is None else _recorded_name(repo, settings)
        with session(settings) as connected:
            runs = connected.store.runs(repository=root, limit=limit)
        if not runs:
            tell("no runs yet")
        with delivering():
            out = console(sys.stdout, color=settings.color)
            for run in runs:
                _print(out, run)
    return 0


def _recorded_name(repo: str, settings: Settings) -> str:
    """What records call the repository: its URL, or its top folder."""
    return repo if is_url(repo) else str(GitRepository(Path(repo).resolve(), state=settings.home / "git").root)


def _print(out: Console, run: Run) -> None:
    verdict = run.attempts[-1].state.verdict if run.attempts and run.state is RunState.DECIDED else None
    state = run.state.label if verdict is None else verdict.name
    created = datetime.fromtimestamp(run.created_at_ms / 1000, tz=UTC)
    base = "none" if run.spec.base is None else run.spec.base.revision[:12]
    out.print(
        Text(f"{run.spec.run_id:<28} {created:%Y-%m-%d %H:%M:%S}Z"),
        Text(f"{state:<12}", style="" if verdict is None else VERDICT_STYLES[verdict]),
        Text(f"{base}..{run.spec.head.revision[:12]} {one_line(run.spec.repository, 1000)}"),
    )
