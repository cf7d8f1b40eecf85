"""A list of runs for people."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from rich.text import Text

from autopack_cli.render.console import VERDICT_STYLES, console
from autopack_cli.render.standing import standing_word
from autopack_cli.render.text import one_line
from autopack_model.run.value import Run, RunState


def print_runs(runs: Iterable[Run], stream: TextIO, *, color: bool) -> None:
    """Print a line for each run: its name, time, verdict or state, revisions and repository."""
    out = console(stream, color=color)
    for run in runs:
        out.print(*_line(run))


def _line(run: Run) -> tuple[Text, Text, Text]:
    verdict = run.attempts[-1].state.verdict if run.attempts and run.state is RunState.DECIDED else None
    added = f" ({word})" if verdict is not None and (word := standing_word(run.attempts[-1])) else ""
    state = run.state.label if verdict is None else verdict.name
    created = datetime.fromtimestamp(run.created_at_ms / 1000, tz=UTC)
    base = "none" if run.spec.base is None else run.spec.base.revision[:12]
    return (
        Text(f"{run.spec.run_id:<28} {created:%Y-%m-%d %H:%M:%S}Z"),
        Text(f"{state:<12}", style="" if verdict is None else VERDICT_STYLES[verdict]),
        Text(f"{base}..{run.spec.head.revision[:12]} {one_line(run.spec.repository, 1000)}{added}"),
    )
