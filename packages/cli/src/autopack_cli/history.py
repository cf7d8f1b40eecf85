"""``autopack history``."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from autopack_cli.config import Addresses, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.json_target import json_target
from autopack_cli.messages import tell
from autopack_cli.recorded_name import recorded_name
from autopack_cli.render.summary import console
from autopack_cli.render.text import is_utf8, one_line
from autopack_cli.session import reading_role, store_session
from autopack_clients.test_history import list_test_history
from autopack_model.errors import BadRequest
from autopack_model.evidence.outcome import BAD, GOOD, MUTED, TestState
from autopack_model.history.value import HistoryEntry, TestHistory
from autopack_model.identity.value import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions:
    """The options as they were given; None where they were left out. ``side`` is ``base`` or ``head``."""

    test_id: str
    repo: str
    side: str | None
    limit: int
    json: str | None
    addresses: Addresses


def run_history(options: HistoryOptions) -> int:
    """Print a test's newest outcomes, a line each, below what they come to; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(options.addresses)
        if not options.test_id or not is_utf8(options.test_id):
            raise BadRequest("name a test: its id as runs print it, tests/test_a.py::test_it", subject="TEST_ID")
        side = _side(options.side)
        target = None if options.json is None else json_target(options.json)
        repository = recorded_name(options.repo, settings)
        with store_session(settings, reading_role(settings)) as store:
            history = list_test_history(store, repository, options.test_id, side, limit=options.limit)
        if not history.entries:
            tell(f"no suite run of {one_line(repository, 1000)} has this test; 'autopack explain RUN' names tests")
        with delivering():
            if target is None or not target.is_standard_output:
                _print(console(sys.stdout, color=settings.color), history)
            if target is not None:
                target.write(history.document())
    return 0


def _side(name: str | None) -> Side | None:
    for side in Side:
        if name == side.label:
            return side
    if name is None:
        return None
    raise BadRequest(f"--side {name[:80]!r} is not known; use base or head", subject="--side")


def _print(out: Console, history: TestHistory) -> None:
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
            Text(f"{entry.attempt.run_id:<28} {_time(entry)} {entry.side.label}"),
            Text(entry.label, style=_style(entry)),
        )


def _moment(entry: HistoryEntry) -> str:
    return f"{entry.attempt.run_id} ({entry.side.label}, {entry.label}, {_time(entry)})"


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
