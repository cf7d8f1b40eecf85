"""The history of a test for people."""

from datetime import UTC, datetime
from typing import TextIO

from rich.text import Text

from autopack_cli.render.console import console
from autopack_cli.render.text import one_line
from autopack_model.evidence.outcome import BAD, GOOD, MUTED, TestState
from autopack_model.history.value import HistoryEntry, TestHistory


def print_history(history: TestHistory, stream: TextIO, *, color: bool) -> None:
    """Print what the outcomes come to, and a line for each outcome."""
    out = console(stream, color=color)
    out.print(Text(f"test       {one_line(history.test_id, 1000)} in {one_line(history.repository, 1000)}"))
    rate = "none was conclusive" if history.flaky_rate is None else f"{100 * history.flaky_rate:.1f} %"
    out.print(Text(f"flaky      {history.flaky} of {history.conclusive} conclusive ({rate})"))
    since, first = history.bad_since, history.first_bad
    if since is not None:
        earlier = ", or longer: -n looks further back" if history.bad_since_or_earlier else ""
        out.print(Text(f"bad since  run {_moment(since)}{earlier}", style="red"))
    if first is not None:
        out.print(Text(f"first bad  in run {_moment(first)}"))
    for entry in history.entries:
        out.print(
            Text(f"{entry.attempt.run_id:<28} {_time(entry)} {_suite_run(entry)}"),
            Text(entry.label, style=_style(entry)),
        )


def _moment(entry: HistoryEntry) -> str:
    return f"{entry.attempt.run_id} ({_suite_run(entry)}, {entry.label}, {_time(entry)})"


def _suite_run(entry: HistoryEntry) -> str:
    return f"{entry.side.label}, retry {entry.retry}" if entry.retry else entry.side.label


def _time(entry: HistoryEntry) -> str:
    return f"{datetime.fromtimestamp(entry.created_at_ms / 1000, tz=UTC):%Y-%m-%d %H:%M:%S}Z"


def _style(entry: HistoryEntry) -> str:
    # Not by membership alone: a collector's state is a number too, and equal to some test's.
    match entry.outcome:
        case TestState() if entry.outcome in BAD:
            return "red"
        case TestState() if entry.outcome in GOOD:
            return "green"
        case TestState() if entry.outcome in MUTED:
            return "dim"
    return "yellow"
