"""Failures from outside of a gate."""

import grpc
import pytest

from autopack_cli.gating.outside import failing_outside
from autopack_clients.errors import ExecutorLost, StorageFull, StoreRefused, UnknownRun
from autopack_model.errors import AutopackError
from autopack_rpc.errors import RemoteError


def _remote(code: grpc.StatusCode, reason: str) -> RemoteError:
    return RemoteError(code=code, reason=reason, domain="executor.autopack", message="it happened")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ExecutorLost("it happened", subject="r"), "EXECUTOR_LOST"),
        (StorageFull("it happened", subject="r"), "STORAGE_FULL"),
        (_remote(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"), "EXECUTOR_LOST"),
        (_remote(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"), "EXECUTOR_LOST"),
        (_remote(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE"), "STORE_UNAVAILABLE"),
    ],
)
def test_a_failure_from_outside_is_kept(error: Exception, code: str) -> None:
    """A lost service or a full disk ends the block, and its code and message are kept with the run."""

    def fail() -> None:
        raise error

    with failing_outside() as outside:
        outside.run_id = "r"
        fail()
    assert outside.failure is not None
    assert ("r", code, "it happened") == (outside.run_id, outside.failure.code, outside.failure.message)


@pytest.mark.parametrize(
    "error",
    [
        UnknownRun("no", subject="r"),
        StoreRefused("no", subject="r"),
        _remote(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_VALUE"),
        _remote(grpc.StatusCode.INTERNAL, "INTERNAL"),
        ValueError("no"),
    ],
)
def test_every_other_error_goes_on(error: Exception) -> None:
    """What the caller can correct, and what is our own fault, is not a failure from outside."""
    with pytest.raises((AutopackError, RemoteError, ValueError)) as caught, failing_outside() as outside:
        raise error
    assert (error, None) == (caught.value, outside.failure)
