"""Failures from outside of a gate: a service that is lost, a store without disk space.

They are INCONCLUSIVE: try again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from autopack_clients.errors import ExecutorLost
from autopack_model.errors import AutopackError
from autopack_model.report.value import OUTSIDE
from autopack_model.run.value import RunFailure
from autopack_rpc.errors import RemoteError


@dataclass(slots=True, kw_only=True)
class Unreported:
    """The run, once there is one, and what came in the way of its report."""

    run_id: str | None = None
    failure: RunFailure | None = None


@contextmanager
def failing_outside() -> Iterator[Unreported]:
    """Take note of failures from outside that end the block. All others leave it as they are."""
    noted = Unreported()
    try:
        yield noted
    except (RemoteError, AutopackError) as error:
        code = error.reason
        if code not in OUTSIDE and isinstance(error, RemoteError) and error.unreachable:
            # The executor is the one that the command line calls itself.
            code = ExecutorLost.reason
        if code not in OUTSIDE:
            raise
        noted.failure = RunFailure.of(code, error.message)
