"""``autopack logs``: print what a run left on its executor: the output of a side, its set-up, its evidence."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from autopack_cli.config import Addresses, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.messages import tell
from autopack_cli.render.artifacts import print_bytes, print_entries
from autopack_cli.session import session
from autopack_model.artifact.value import Artifact, ArtifactEntry
from autopack_model.errors import BadRequest
from autopack_model.identity.value import Side, check_run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsOptions:
    """The options as they were given."""

    run_id: str
    side: str
    what: str
    list_all: bool
    addresses: Addresses


def run_logs(options: LogsOptions) -> int:
    """Print a file of the run, or list its files; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(options.addresses)
        run_id, side, artifact = check_run_id(options.run_id), _side(options.side), _artifact(options.what)
        with session(settings) as connected:
            if options.list_all:
                _list(run_id, connected.executor.artifacts(run_id))
            else:
                _print(connected.executor.artifact(run_id, side, artifact))
    return 0


def _list(run_id: str, entries: tuple[ArtifactEntry, ...]) -> None:
    if not entries:
        tell(f"run {run_id} has no files yet")
    with delivering():
        print_entries(entries, sys.stdout)


def _print(parts: Iterator[bytes]) -> None:
    with delivering():
        print_bytes(parts, sys.stdout)


def _side(name: str) -> Side:
    sides = {side.label: side for side in Side}
    if name not in sides:
        raise BadRequest(f"--side {name[:80]!r} is not known; use head, base, cross or reverse", subject="--side")
    return sides[name]


def _artifact(name: str) -> Artifact:
    artifacts = {artifact.label: artifact for artifact in Artifact}
    if name not in artifacts:
        raise BadRequest(f"--what {name[:80]!r} is not known; use one of {', '.join(artifacts)}", subject="--what")
    return artifacts[name]
