"""A call is repeated where that is safe: with UNAVAILABLE, a few times, with the same request, before its deadline."""

from __future__ import annotations  # grpc's handlers are generic for the type checker only

import contextlib
import itertools
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
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.run.wire import run_spec_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import ATTEMPTS, FIRST_PAUSE, JITTER, Repeatable
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.errors import RemoteError, remote_errors
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
def served(answering: Answering, kind: type[Line] = Line) -> Iterator[tuple[Line, grpc.Channel]]:
    """A server that answers so, and a channel to it."""
    line = kind(answering)
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


ASKED = gatekeeper_pb.ConcludeRequest(request_id="once", attempt=attempt_ref_to_wire(first_attempt()))


def decide(opened: grpc.Channel, timeout: float | None = None) -> None:
    """Make one unary call."""
    with remote_errors():
        GatekeeperServiceStub(opened).Conclude(ASKED, timeout=timeout)


def upload(opened: grpc.Channel, size: int, *, repeatable: bool = True) -> None:
    """Make one upload of at least ``size`` bytes, in parts of 256 KiB that tell their number."""

    def parts() -> Iterator[evidence_pb.UploadEvidenceRequest]:
        yield evidence_pb.UploadEvidenceRequest(
            start=evidence_pb.UploadEvidenceStart(
                request_id="once",
                evidence_digest="",
                kept_chunks=None,
                test_set_digest=None,
                attempt_side=None,
                baseline_key=None,
                replaces_baseline=False,
            )
        )
        for number in range(-(-size // (256 * 1024))):
            part = evidence_pb.UploadEvidenceRequest()
            part.chunk.states = number.to_bytes(4, "big") * (64 * 1024)
            yield part

    with remote_errors():
        EvidenceServiceStub(opened).UploadEvidence(Repeatable(parts) if repeatable else parts())


def failure(call: Callable[[], None]) -> RemoteError:
    """How a call fails."""
    with pytest.raises(RemoteError) as caught:
        call()
    return caught.value


def test_two_failures_are_one_answer() -> None:
    """When the first two calls are answered UNAVAILABLE, the caller gets the third one's answer, all with one id."""
    with served(failing(UNAVAILABLE, 2)) as (line, opened):
        decide(opened)

    assert [ASKED] * 3 == [gatekeeper_pb.ConcludeRequest.FromString(request) for request in line.requests]


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
    """A repetition whose pause would outlast the call's deadline is not made; the call fails as it did."""
    with served(failing(UNAVAILABLE, 1000)) as (line, opened):
        error = failure(lambda: decide(opened, timeout=0.07))

    assert error.unreachable
    assert 1 >= len(line.requests)


@pytest.mark.parametrize("size", [0, 100, 2 * 1024 * 1024, 20 * 1024 * 1024])
def test_upload_is_repeated_whole(size: int) -> None:
    """An upload whose parts can be made anew is sent again from its beginning, byte by byte, however long it is."""
    with served(failing(UNAVAILABLE, 2)) as (line, opened):
        upload(opened, size)

    assert 3 == len(line.requests)
    assert 1 == len(set(line.requests))
    assert len(line.requests[0]) >= size


def test_upload_that_is_used_up_is_made_once() -> None:
    """An upload whose parts can be read only once fails as it did, and is not sent again in part."""
    with served(failing(UNAVAILABLE, 1000)) as (line, opened):
        error = failure(lambda: upload(opened, 1024 * 1024, repeatable=False))

    assert (1, UNAVAILABLE) == (len(line.requests), error.code)


@pytest.mark.parametrize("taken", range(0, 12, 2))
def test_upload_that_breaks_off_arrives_whole_or_not_at_all(taken: int) -> None:
    """A server that breaks a call off in the middle of its upload gets all of it the next time, never the rest."""
    whole: list[bytes] = []

    class Breaking(Line):
        def _answer_stream(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            if not self.requests:
                self.requests.append(b"".join(itertools.islice(requests, taken)))
                context.abort(UNAVAILABLE, "not now")
            whole.append(b"".join(requests))
            return b""

    with served(failing(UNAVAILABLE, 0), Breaking) as (line, opened):
        upload(opened, 3 * 1024 * 1024)

    with served(failing(UNAVAILABLE, 0)) as (line, opened):
        upload(opened, 3 * 1024 * 1024)
    assert whole == line.requests


def test_answer_that_has_begun_is_not_repeated() -> None:
    """A stream of responses that breaks off is an error for its reader, who would get its beginning twice otherwise."""
    with served(failing(UNAVAILABLE, 1)) as (line, opened):
        stub = ExecutorServiceStub(opened)

        def read() -> None:
            with remote_errors():
                list(stub.WatchRun(executor_pb.WatchRunRequest(run_id="r", with_report=False)))

        error = failure(read)

    assert (1, UNAVAILABLE) == (len(line.requests), error.code)


def test_pauses_are_short() -> None:
    """All pauses together come to less than a second, so that an absent server is soon said to be absent."""
    assert sum(FIRST_PAUSE * 2**index for index in range(ATTEMPTS - 1)) * (1 + JITTER) < 1


def test_responses_are_asked_for_again_before_the_first() -> None:
    """A call for a stream of responses that fails before its first one is made again."""

    class Late(Line):
        def _answer_in_parts(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            yield self._answer(request, context)

    with served(failing(UNAVAILABLE, 2), Late) as (line, opened), remote_errors():
        found = list(ExecutorServiceStub(opened).WatchRun(executor_pb.WatchRunRequest(run_id="r", with_report=False)))

    assert (1, 3) == (len(found), len(line.requests))


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
            listing = run_service_pb2.ListRunsRequest(
                page_size=0, page_token="", repository="", verdict=None, created_from_ms=None, created_before_ms=None
            )
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
