"""A call is repeated where that is safe: with UNAVAILABLE, a few times, with the same request, before its deadline."""

from __future__ import annotations  # grpc's handlers are generic for the type checker only

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path

import grpc
import pytest

from autopack.executor.v1 import executor_service_pb2 as executor_pb
from autopack.executor.v1.executor_service_pb2_grpc import ExecutorServiceStub
from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as gatekeeper_pb
from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import GatekeeperServiceStub
from autopack.store.v1 import evidence_service_pb2 as evidence_pb
from autopack.store.v1 import run_service_pb2
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from autopack.store.v1.run_service_pb2_grpc import RunServiceStub
from autopack_gatekeeper.server import embedded as embedded_gatekeeper
from autopack_results.wire.identity import attempt_ref_to_wire
from autopack_results.wire.run import run_spec_to_wire
from autopack_rpc.channel import channel
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.retrying import ATTEMPTS, CHANNEL_OPTIONS, PUSHBACK_KEY, REPLAY_BYTES
from autopack_rpc.roles import Role, Tokens
from autopack_store.server import embedded as embedded_store
from tests.fakes.store import first_attempt, make_spec

TOKENS = Tokens.generate()
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE

Answering = Callable[[int, bytes, grpc.ServicerContext], bytes]


class Line(grpc.GenericRpcHandler):
    """A real server of any method: keeps what it was asked, and answers as it was told to."""

    def __init__(self, answering: Answering) -> None:
        self.requests: list[bytes] = []
        self._answering = answering

    def _answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.requests.append(request)
        return self._answering(len(self.requests), request, context)

    def _answer_stream(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        return self._answer(b"".join(requests), context)

    def _answer_in_parts(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        yield b""
        yield self._answer(request, context)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """The handler of one call."""
        name = handler_call_details.method.rpartition("/")[2]
        if name == "UploadEvidence":
            return grpc.stream_unary_rpc_method_handler(self._answer_stream)
        if name == "WatchRun":
            return grpc.unary_stream_rpc_method_handler(self._answer_in_parts)
        return grpc.unary_unary_rpc_method_handler(self._answer)


@contextlib.contextmanager
def served(answering: Answering) -> Iterator[tuple[Line, grpc.Channel]]:
    """A server that answers so, and a channel to it."""
    line = Line(answering)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, futures.ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers((line,))
        server.add_insecure_port(f"unix:{folder}/socket")
        server.start()
        try:
            with channel(f"unix:{folder}/socket", token="x", deadline_s=30) as opened:
                yield line, opened
        finally:
            server.stop(None).wait()


def failing(code: grpc.StatusCode, times: int) -> Answering:
    """Fail so many times, then succeed with an empty message."""

    def answering(count: int, request: bytes, context: grpc.ServicerContext) -> bytes:
        if count <= times:
            context.abort(code, "not now")
        return b""

    return answering


ASKED = gatekeeper_pb.DecideRequest(
    request_id="once",
    attempt=attempt_ref_to_wire(first_attempt()),
    base_evidence_digest=None,
    head_evidence_digest="sha256:" + "a" * 64,
)


def decide(opened: grpc.Channel, timeout: float | None = None) -> None:
    """Make one unary call."""
    with remote_errors():
        GatekeeperServiceStub(opened).Decide(ASKED, timeout=timeout)


def upload(opened: grpc.Channel, size: int) -> None:
    """Make one upload of at least ``size`` bytes, in parts of 256 KiB, from an iterator that gives each part once."""
    part = evidence_pb.UploadEvidenceRequest()
    part.chunk.states = bytes(256 * 1024)
    start = evidence_pb.UploadEvidenceStart(request_id="once", evidence_digest="")
    parts = iter([evidence_pb.UploadEvidenceRequest(start=start), *[part] * -(-size // (256 * 1024))])
    with remote_errors():
        EvidenceServiceStub(opened).UploadEvidence(parts)


def failure(call: Callable[[], None]) -> RemoteError:
    """How a call fails."""
    with pytest.raises(RemoteError) as caught:
        call()
    return caught.value


def test_two_failures_are_one_answer() -> None:
    """When the first two calls are answered UNAVAILABLE, the caller gets the third one's answer, all with one id."""
    with served(failing(UNAVAILABLE, 2)) as (line, opened):
        decide(opened)

    assert [ASKED] * 3 == [gatekeeper_pb.DecideRequest.FromString(request) for request in line.requests]


def test_attempts_are_bounded() -> None:
    """A server that stays unavailable is asked ATTEMPTS times, and then said to be unavailable."""
    with served(failing(UNAVAILABLE, 1000)) as (line, opened):
        error = failure(lambda: decide(opened))

    assert (ATTEMPTS, UNAVAILABLE, True) == (len(line.requests), error.code, error.unreachable)


@pytest.mark.parametrize(
    "code",
    [code for code in grpc.StatusCode if code not in (grpc.StatusCode.OK, UNAVAILABLE)],
    ids=lambda code: code.name,
)
def test_other_failures_are_final(code: grpc.StatusCode) -> None:
    """No other status is ever asked about twice."""
    with served(failing(code, 1000)) as (line, opened):
        error = failure(lambda: decide(opened))

    assert (1, code) == (len(line.requests), error.code)


def test_deadline_ends_the_repetitions() -> None:
    """A repetition that would come after the deadline is not made; the call ends at its deadline."""

    def answering(count: int, request: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata(((PUSHBACK_KEY, "60000"),))
        context.abort(UNAVAILABLE, "in a minute")

    with served(answering) as (line, opened):
        error = failure(lambda: decide(opened, timeout=2))

    assert (1, grpc.StatusCode.DEADLINE_EXCEEDED) == (len(line.requests), error.code)


def test_upload_is_repeated_from_its_start() -> None:
    """A stream of requests that can be read only once is sent again in full, byte by byte."""
    with served(failing(UNAVAILABLE, 2)) as (line, opened):
        upload(opened, 2 * 1024 * 1024)

    assert 3 == len(line.requests)
    assert 1 == len(set(line.requests))
    assert len(line.requests[0]) > 2 * 1024 * 1024


def test_upload_beyond_what_is_kept_is_made_once() -> None:
    """An upload that is longer than what is kept of it fails as it did, and is not sent again in part."""
    with served(failing(UNAVAILABLE, 1000)) as (line, opened):
        error = failure(lambda: upload(opened, REPLAY_BYTES + 1024 * 1024))

    assert (1, UNAVAILABLE) == (len(line.requests), error.code)
    assert len(line.requests[0]) > REPLAY_BYTES


def test_answer_that_has_begun_is_not_repeated() -> None:
    """A stream of responses that breaks off is an error for its reader, who would get its beginning twice otherwise."""
    with served(failing(UNAVAILABLE, 1)) as (line, opened):
        stub = ExecutorServiceStub(opened)

        def read() -> None:
            with remote_errors():
                list(stub.WatchRun(executor_pb.WatchRunRequest(run_id="r")))

        error = failure(read)

    assert (1, UNAVAILABLE) == (len(line.requests), error.code)


def test_pauses_grow() -> None:
    """The policy is exponential (gRPC jitters it by itself), and all its pauses come to less than a second."""
    (policy,) = [
        method["retryPolicy"]
        for name, value in CHANNEL_OPTIONS
        if name == "grpc.service_config"
        for method in json.loads(str(value))["methodConfig"]
    ]
    first, factor = float(policy["initialBackoff"].removesuffix("s")), policy["backoffMultiplier"]

    assert factor > 1
    assert sum(first * factor**index for index in range(ATTEMPTS - 1)) * 1.2 < 1
    assert ["UNAVAILABLE"] == policy["retryableStatusCodes"]


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[EmbeddedSettings]:
    """Where the services are, on sockets with short names."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        addresses = {name: f"unix:{folder}/{name}.sock" for name in ("store", "gatekeeper")}
        yield EmbeddedSettings(home=tmp_path, addresses=addresses, tokens=TOKENS)


def test_mutation_whose_answer_was_lost_is_done_once(settings: EmbeddedSettings) -> None:
    """The store does the work, the answer is lost on the way: the repetition is answered as a replay."""
    address = settings.addresses["store"]
    method = "/autopack.store.v1.RunService/CreateRun"
    request = run_service_pb2.CreateRunRequest(
        request_id="create", spec=run_spec_to_wire(make_spec()), attempt=attempt_ref_to_wire(first_attempt())
    )
    metadata = (("authorization", f"Bearer {TOKENS.of(Role.EXECUTOR)}"),)
    answers: list[run_service_pb2.CreateRunResponse] = []
    with embedded_store(settings), grpc.insecure_channel(address) as plain:
        create_run: grpc.UnaryUnaryMultiCallable[bytes, bytes] = plain.unary_unary(method)

        def losing_the_first(count: int, request: bytes, context: grpc.ServicerContext) -> bytes:
            answer = create_run(request, metadata=metadata)
            answers.append(run_service_pb2.CreateRunResponse.FromString(answer))
            if count == 1:
                context.abort(UNAVAILABLE, "the connection broke")
            return answer

        with served(losing_the_first) as (line, opened), remote_errors():
            answer = RunServiceStub(opened).CreateRun(request)
        with channel(address, token=TOKENS.of(Role.CLIENT)) as reading, remote_errors():
            listing = run_service_pb2.ListRunsRequest(page_size=0, page_token="", repository="")
            runs = RunServiceStub(reading).ListRuns(listing).runs

    assert [False, True] == [answer.replayed for answer in answers]
    assert answer.replayed
    assert ["run-1"] == [run.spec.run_id for run in runs]
    assert [request, request] == [run_service_pb2.CreateRunRequest.FromString(asked) for asked in line.requests]


def test_failure_behind_a_service_is_not_repeated_again(settings: EmbeddedSettings) -> None:
    """A gatekeeper that asked its store in vain tells its caller not to make it ask as often once more."""
    store = Line(failing(UNAVAILABLE, 1000))
    with futures.ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers((store,))
        server.add_insecure_port(settings.addresses["store"])
        server.start()
        with (
            embedded_gatekeeper(settings),
            channel(settings.addresses["gatekeeper"], token=TOKENS.of(Role.EXECUTOR)) as opened,
        ):
            error = failure(lambda: decide(opened))
        server.stop(None).wait()

    assert (ATTEMPTS, UNAVAILABLE) == (len(store.requests), error.code)
