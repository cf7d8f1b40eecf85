"""A run whose recording was not answered: whoever clears its workspace ends it, if it was recorded."""

from __future__ import annotations  # grpc's handlers are generic for the type checker only

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import grpc
import pytest

from autopack_clients.errors import UnknownRun
from autopack_clients.executor import ExecutorClient
from autopack_executor.config import settings_from
from autopack_executor.server import executor
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest
from autopack_model.run.value import RunFailure, RunState
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError
from autopack_rpc.roles import Role
from tests.builders import GitSandbox
from tests.contract.store_server import TOKENS, StoreServer, store_server

CREATE = "/autopack.store.v1.RunService/CreateRun"
FINISH = "/autopack.store.v1.RunService/FinishRun"
Lost = Literal["request", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Losing(grpc.GenericRpcHandler):
    """Hands every call over to ``store``, and its answers back; of CreateRun it loses the request, or the answer.
    ``finished`` is set when FinishRun has been answered.
    """

    store: grpc.Channel
    lost: Lost
    finished: threading.Event = field(default_factory=threading.Event)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Bytes in, bytes out."""
        method = handler_call_details.method

        def hand_over(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            return self._hand_over(method, requests, context)

        return grpc.stream_stream_rpc_method_handler(hand_over)

    def _hand_over(self, method: str, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        if (method, self.lost) == (CREATE, "request"):
            context.abort(grpc.StatusCode.UNAVAILABLE, "the request was lost")
        metadata = tuple(pair for pair in context.invocation_metadata() if pair[0] != "user-agent")
        behind: grpc.StreamStreamMultiCallable[bytes, bytes] = self.store.stream_stream(method)
        call = behind(requests, metadata=metadata)
        try:
            answers = list(call)
        except grpc.RpcError:
            context.set_trailing_metadata(call.trailing_metadata() or ())
            context.abort(call.code(), call.details())
        if method == CREATE:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the answer was lost")
        context.set_trailing_metadata(call.trailing_metadata() or ())
        yield from answers
        if method == FINISH:
            self.finished.set()


@contextlib.contextmanager
def losing(store: StoreServer, lost: Lost) -> Iterator[tuple[str, Losing]]:
    """The address at which ``store`` is reached with losses, and what loses them."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        grpc.insecure_channel(store.address) as behind,
        futures.ThreadPoolExecutor(8) as pool,
    ):
        between = Losing(store=behind, lost=lost)
        server = grpc.server(pool, handlers=[between])
        address = f"unix:{folder}/socket"
        server.add_insecure_port(address)
        server.start()
        try:
            yield address, between
        finally:
            server.stop(None).wait()


@contextlib.contextmanager
def executor_at(home: Path, store_address: str, *, sweep_again_s: float | None = None) -> Iterator[ExecutorClient]:
    """An executor whose state is in ``home``, and its client."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPACK_")}
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        executor(
            settings_from(inherited | {"AUTOPACK_HOME": str(home)}),
            address=f"unix:{folder}/socket",
            store_address=store_address,
            gatekeeper_address=f"unix:{folder}/nobody",
            tokens=TOKENS,
            sweep_again_s=sweep_again_s,
        ) as address,
        channel(address, token=TOKENS.of(Role.CLIENT)) as opened,
    ):
        yield ExecutorClient(opened)


@pytest.fixture
def asked(tmp_path: Path) -> GateRequest:
    """A gate of a small repository."""
    repository = GitSandbox(tmp_path / "repository")
    for content in ("pass", "assert True"):
        repository.commit({"test_it.py": f"def test_it():\n    {content}\n"})
    return GateRequest(
        run_id="it",
        repository=repository.root,
        base="HEAD~1",
        candidate=CommitCandidate(revision="HEAD"),
        options=TestOptions(interpreter=Path(sys.executable), arguments=(), setup=None, timeout_ms=60_000),
        no_baseline=False,
    )


def assert_not_started(client: ExecutorClient, request: GateRequest) -> None:
    """The caller is told that the store is what failed."""
    with pytest.raises(RemoteError) as caught:
        client.start(request)
    assert (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE") == (caught.value.code, caught.value.reason)


def ending(store: StoreServer) -> tuple[RunState, RunFailure | None] | None:
    """How the run stands in the store; None when it is not there."""
    try:
        run = store.runs.run("it")
    except UnknownRun:
        return None
    return run.state, run.failure


def code_of(ended: tuple[RunState, RunFailure | None] | None) -> tuple[RunState, str] | None:
    """A run's state and the code of its failure."""
    return None if ended is None else (ended[0], "" if ended[1] is None else ended[1].code)


@pytest.mark.parametrize(
    ("lost", "meanwhile", "afterwards"),
    [("answer", (RunState.RUNNING, ""), (RunState.FAILED, "EXECUTOR_LOST")), ("request", None, None)],
)
def test_the_next_start_ends_what_may_have_been_recorded(
    tmp_path: Path,
    asked: GateRequest,
    lost: Lost,
    meanwhile: tuple[RunState, str] | None,
    afterwards: tuple[RunState, str] | None,
) -> None:
    """The workspace of a run that the store may have recorded is kept, for the next executor to end the run if it is
    there; nothing else of it is left, and the repository is as it was.
    """
    home = tmp_path / "home"
    before = GitSandbox.at(tmp_path / "repository").state()
    with store_server(tmp_path / "store") as store:
        with losing(store, lost) as (address, _), executor_at(home, address) as client:
            assert_not_started(client, asked)
        assert meanwhile == code_of(ending(store))
        assert ["it"] == [path.name for path in (home / "runs").iterdir()]
        assert [] == [path for name in ("workspaces", "slots", "trash") for path in (home / name).iterdir()]

        with executor_at(home, store.address):
            assert afterwards == code_of(ending(store))
            assert [] == list((home / "runs").iterdir())
    assert before == GitSandbox.at(tmp_path / "repository").state()


def test_a_running_executor_ends_it_too(tmp_path: Path, asked: GateRequest) -> None:
    """An executor of its own ends such a run as soon as the store answers, without being started again."""
    home = tmp_path / "home"
    with store_server(tmp_path / "store") as store, losing(store, "answer") as (address, between):
        with executor_at(home, address, sweep_again_s=0.1) as client:
            assert_not_started(client, asked)
            assert between.finished.wait(60)
        assert (RunState.FAILED, "EXECUTOR_LOST") == code_of(ending(store))
        assert [] == list((home / "runs").iterdir())
