"""``autopack history``: show the outcomes of a test in the newest suite runs."""

import sys
from dataclasses import dataclass

from autopack_cli.config import Addresses, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.json_target import json_target
from autopack_cli.messages import tell
from autopack_cli.recorded_name import recorded_name
from autopack_cli.render.history import print_history
from autopack_cli.render.text import is_utf8, one_line
from autopack_cli.session import reading_role, store_session
from autopack_clients.history import list_test_history
from autopack_model.errors import BadRequest
from autopack_model.identity.value import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions:
    """The options as they were given; None stands for one that was left out. ``side`` is ``base`` or ``head``."""

    test_id: str
    repo: str
    side: str | None
    limit: int
    json: str | None
    addresses: Addresses


def run_history(options: HistoryOptions) -> int:
    """Print the newest outcomes of a test, a line each, below a summary of them; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(options.addresses)
        if not options.test_id or not is_utf8(options.test_id):
            raise BadRequest(
                "name a test by its id as runs print it, such as tests/test_a.py::test_it", subject="TEST_ID"
            )
        side = _side(options.side)
        target = None if options.json is None else json_target(options.json)
        repository = recorded_name(options.repo, settings)
        with store_session(settings, reading_role(settings)) as store:
            history = list_test_history(store, repository, options.test_id, side, limit=options.limit)
        if not history.entries:
            tell(f"no suite run of {one_line(repository, 1000)} has this test; 'autopack explain RUN' names tests")
        with delivering():
            if target is None or not target.is_standard_output:
                print_history(history, sys.stdout, color=settings.color)
            if target is not None:
                target.write(history.document())
    return 0


def _side(name: str | None) -> Side | None:
    for side in (Side.BASE, Side.HEAD):
        if name == side.label:
            return side
    if name is None:
        return None
    raise BadRequest(f"--side {name[:80]!r} is not known; use base or head", subject="--side")
