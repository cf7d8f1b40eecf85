"""Cancelling is a mutation like the others: known when it is repeated, refused when its id serves another one."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from autopack.executor.v1 import executor_service_pb2 as pb
from autopack.executor.v1 import executor_service_pb2_grpc
from autopack_executor.adapters.grpc_store import GrpcRunStore
from autopack_rpc.channel import channel
from autopack_rpc.embedded import embedded
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role
from tests.fakes.store import first_attempt, make_spec


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[executor_service_pb2_grpc.ExecutorServiceStub]:
    """An executor that knows of two runs, which another process executes."""
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(embedded(tmp_path, "store", "gatekeeper", "executor"))
        addresses, tokens = settings.addresses, settings.tokens
        store = GrpcRunStore(stack.enter_context(channel(addresses["store"], token=tokens.of(Role.EXECUTOR))))
        for run_id in ("run-1", "run-2"):
            store.create_run(make_spec(run_id), first_attempt(run_id))
        yield executor_service_pb2_grpc.ExecutorServiceStub(
            stack.enter_context(channel(addresses["executor"], token=tokens.of(Role.CLIENT)))
        )


def test_a_repeated_cancellation_is_known(executor: executor_service_pb2_grpc.ExecutorServiceStub) -> None:
    """The same request again is answered as replayed."""
    request = pb.CancelRunRequest(request_id="cancel-1", run_id="run-1")
    assert [False, True] == [executor.CancelRun(request).replayed for _ in range(2)]


def test_the_id_of_another_cancellation_is_refused(executor: executor_service_pb2_grpc.ExecutorServiceStub) -> None:
    """An id that came with another run is refused, naming the field."""
    executor.CancelRun(pb.CancelRunRequest(request_id="cancel-1", run_id="run-1"))
    with pytest.raises(RemoteError, match="came before with another request") as caught, remote_errors():
        executor.CancelRun(pb.CancelRunRequest(request_id="cancel-1", run_id="run-2"))
    assert (grpc.StatusCode.INVALID_ARGUMENT, ["request_id"]) == (caught.value.code, list(caught.value.violations))
