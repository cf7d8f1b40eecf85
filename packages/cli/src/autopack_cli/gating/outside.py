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
    """The run, once there is one, and the failure that kept its report away."""

    run_id: str | None = None
    failure: RunFailure | None = None


@contextmanager
def failing_outside() -> Iterator[Unreported]:
    """Keep a failure from outside that ends the block. Every other error leaves the block as it is."""
    noted = Unreported()
    try:
        yield noted
    except (RemoteError, AutopackError) as error:
        code = error.reason
        if code not in OUTSIDE and isinstance(error, RemoteError) and error.unreachable:
            # The only service that this command calls without a typed error for it is the executor.
            code = ExecutorLost.reason
        if code not in OUTSIDE:
            raise
        noted.failure = RunFailure.of(code, error.message)
