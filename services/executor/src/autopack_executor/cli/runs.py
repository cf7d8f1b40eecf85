"""``autopack runs``."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from autopack_executor.adapters.git.repository import GitRepository
from autopack_executor.cli.session import reporting_errors, session
from autopack_executor.cli.summary import VERDICT_STYLES, console
from autopack_executor.cli.text import one_line
from autopack_executor.config import process_settings


def run_runs(repo: Path | None, limit: int) -> int:
    """Print the newest runs, a line each; returns the exit code."""
    with reporting_errors():
        settings = process_settings()
        root = "" if repo is None else str(GitRepository(repo.resolve(), state=settings.home / "git").root)
        with session(settings) as connected:
            runs = connected.store.runs(repository=root, limit=limit)
        out = console(sys.stdout, color=settings.color)
        for run in runs:
            verdict = run.attempts[-1].verdict if run.attempts else None
            state = run.state.label if verdict is None else verdict.name
            created = datetime.fromtimestamp(run.created_at_ms / 1000, tz=UTC)
            base = "none" if run.spec.base is None else run.spec.base.revision[:12]
            out.print(
                Text(f"{run.spec.run_id:<28} {created:%Y-%m-%d %H:%M:%S}Z"),
                Text(f"{state:<12}", style="" if verdict is None else VERDICT_STYLES[verdict]),
                Text(f"{base}..{run.spec.head.revision[:12]} {one_line(run.spec.repository)}"),
            )
        if not runs:
            print("autopack: no runs yet", file=sys.stderr)  # noqa: T201 - the command line speaks
    return 0
