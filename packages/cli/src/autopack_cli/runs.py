"""``autopack runs``."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from autopack_cli.config import Addresses, process_settings, wall_clock_ms
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.messages import tell
from autopack_cli.moment import read_moment
from autopack_cli.recorded_name import recorded_name
from autopack_cli.render.summary import VERDICT_STYLES, console
from autopack_cli.render.text import one_line
from autopack_cli.session import session
from autopack_model.decision.value import Verdict
from autopack_model.errors import BadRequest
from autopack_model.run.value import Run, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOptions:
    """The options as they were given; None where they were left out."""

    repo: str | None
    verdict: str | None
    since: str | None
    until: str | None
    limit: int
    addresses: Addresses


def run_runs(options: RunsOptions) -> int:
    """Print the newest runs, a line each; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(options.addresses)
        verdict, now_ms = _verdict(options.verdict), wall_clock_ms()
        since = None if options.since is None else read_moment(options.since, "--since", now_ms=now_ms)
        until = None if options.until is None else read_moment(options.until, "--until", now_ms=now_ms)
        repository = "" if options.repo is None else recorded_name(options.repo, settings)
        with session(settings) as connected:
            runs = connected.store.runs(
                repository=repository,
                limit=options.limit,
                verdict=verdict,
                created_from_ms=since,
                created_before_ms=until,
            )
        if not runs:
            tell("no runs yet" if verdict is since is until is None else "no such runs")
        with delivering():
            out = console(sys.stdout, color=settings.color)
            for run in runs:
                _print(out, run)
    return 0


def _verdict(name: str | None) -> Verdict | None:
    names = {verdict.name.lower().replace("_", "-"): verdict for verdict in Verdict}
    if name is not None and name not in names:
        raise BadRequest(f"--verdict {name[:80]!r} is not known; use one of {', '.join(names)}", subject="--verdict")
    return None if name is None else names[name]


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
