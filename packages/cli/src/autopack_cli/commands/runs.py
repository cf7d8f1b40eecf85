"""``autopack runs``: list the newest runs."""

import sys
from dataclasses import dataclass

from autopack_cli.config import Addresses, process_settings, wall_clock_ms
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.messages import tell
from autopack_cli.moment import read_moment
from autopack_cli.recorded_name import recorded_name
from autopack_cli.render.runs import print_runs
from autopack_cli.session import records
from autopack_model.decision.value import Verdict
from autopack_model.errors import BadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOptions:
    """The options as they were given; None stands for one that was left out."""

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
        with records(settings) as store:
            runs = store.runs(
                repository=repository,
                limit=options.limit,
                verdict=verdict,
                created_from_ms=since,
                created_before_ms=until,
            )
        if not runs:
            tell("no runs yet" if verdict is since is until is None else "no such runs")
        with delivering():
            print_runs(runs, sys.stdout, color=settings.color)
    return 0


def _verdict(name: str | None) -> Verdict | None:
    names = {verdict.name.lower().replace("_", "-"): verdict for verdict in Verdict}
    if name is not None and name not in names:
        raise BadRequest(f"--verdict {name[:80]!r} is not known; use one of {', '.join(names)}", subject="--verdict")
    return None if name is None else names[name]
