"""A stream of requests whose source fails, or that stops without its end, is not taken for one that is done."""

from __future__ import annotations  # grpc's handlers are generic for the type checker only

import contextlib
import tempfile
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from autopack.executor.v1 import executor_service_pb2
from autopack.results.v1.stream_pb2 import StreamEnd
from autopack.store.v1 import decision_service_pb2, evidence_service_pb2, result_service_pb2, run_service_pb2
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role, Tokens, credentials
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import serving
from autopack_rpc.skew.contract import own_contract
from autopack_rpc.stream_end import BROKE_OFF

TOKENS = Tokens.generate()
TOKEN = TOKENS.of(Role.EXECUTOR)
DOMAIN = "streams.autopack"
MODULES = (executor_service_pb2, decision_service_pb2, evidence_service_pb2, result_service_pb2, run_service_pb2)
METHODS = [
    method
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if method.client_streaming
]
"""Every RPC that takes a stream."""


class Counting(grpc.GenericRpcHandler):
    """Reads whatever stream comes to its end. Counts the calls, and those streams that came whole."""

    def __init__(self) -> None:
        self.calls = 0
        self.whole: list[int] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Message, Message] | None:
        """The handler of one call; None for what takes no stream."""
        method = next((method for method in METHODS if _path(method) == handler_call_details.method), None)
        if method is None:
            return None
        answer = GetMessageClass(method.output_type)

        def read(requests: Iterator[Message], context: grpc.ServicerContext) -> Message:
            self.calls += 1
            self.whole.append(sum(1 for _ in requests))
            return answer()

        return grpc.stream_unary_rpc_method_handler(
            read, GetMessageClass(method.input_type).FromString, answer.SerializeToString
        )


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


@contextlib.contextmanager
def served() -> Iterator[tuple[Counting, str]]:
    """A service of ours for every RPC that takes a stream, and where it listens."""
    counting = Counting()
    services = {
        method.containing_service.full_name: lambda server: server.add_generic_rpc_handlers((counting,))
        for method in METHODS
    }
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        access = Access(tokens=TOKENS, roles={})
        address = f"unix:{folder}/socket"
        with serving(address, services, domain=DOMAIN, distribution="autopack-proto", errors={}, access=access):
            yield counting, address


def call_of(opened: grpc.Channel, method: MethodDescriptor) -> grpc.StreamUnaryMultiCallable[Message, Message]:
    """The RPC as a stub has it."""
    return opened.stream_unary(
        _path(method), lambda message: message.SerializeToString(), GetMessageClass(method.output_type).FromString
    )


def parts_of(method: MethodDescriptor, *, end: int = 0, behind: int = 0) -> Iterator[Message]:
    """Three parts of the RPC's requests, ``end`` messages that say to be the last, and ``behind`` more parts."""
    message = GetMessageClass(method.input_type)
    yield from (message() for _ in range(3))
    yield from (message(end=StreamEnd()) for _ in range(end))
    yield from (message() for _ in range(behind))


each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)


def test_every_stream_of_requests_is_known_here() -> None:
    """No service of the contract has a stream of requests that these tests leave out."""
    found = [
        method.full_name
        for element in own_contract().elements
        if element.kind.label == "service"
        for method in descriptor_pool.Default().FindServiceByName(element.name).methods
        if method.client_streaming
    ]
    assert sorted(found) == sorted(method.full_name for method in METHODS)


@each_method
def test_a_stream_with_its_end_is_whole(method: MethodDescriptor) -> None:
    """The channel says the end, and the service gets the parts without it."""
    with served() as (counting, address), channel(address, token=TOKEN) as opened, remote_errors():
        call_of(opened, method)(parts_of(method))

    assert [3] == counting.whole


@each_method
def test_a_stream_without_its_end_has_broken_off(method: MethodDescriptor) -> None:
    """Who closes a stream without saying its end is told to send it again, and nothing comes of it."""
    with (
        served() as (counting, address),
        grpc.insecure_channel(address) as plain,
        pytest.raises(RemoteError) as caught,
        remote_errors(),
    ):
        call_of(plain, method)(parts_of(method), metadata=(credentials(TOKEN),))

    assert (grpc.StatusCode.UNAVAILABLE, BROKE_OFF) == (caught.value.code, caught.value.reason)
    assert (1, []) == (counting.calls, counting.whole)


@each_method
def test_nothing_follows_the_end(method: MethodDescriptor) -> None:
    """A message behind the end is refused by name, not dropped."""
    with (
        served() as (counting, address),
        grpc.insecure_channel(address) as plain,
        pytest.raises(RemoteError) as caught,
        remote_errors(),
    ):
        call_of(plain, method)(parts_of(method, end=1, behind=1), metadata=(credentials(TOKEN),))

    assert (grpc.StatusCode.INVALID_ARGUMENT, {"part": "follows the end of the stream; send 'end' last"}) == (
        caught.value.code,
        caught.value.violations,
    )
    assert [] == counting.whole


@each_method
def test_a_source_that_fails_never_passes_for_one_that_is_done(method: MethodDescriptor) -> None:
    """However a hundred streams whose source fails meet the service, it takes none of them for whole, and their caller
    gets the failure itself.
    """

    def failing() -> Iterator[Message]:
        yield from parts_of(method)
        raise LookupError("no more of it")

    with served() as (counting, address), channel(address, token=TOKEN) as opened:
        call = call_of(opened, method)
        for _ in range(100):
            with pytest.raises(LookupError, match="no more of it"), remote_errors():
                call(failing())

    assert [] == counting.whole


def test_a_source_that_wants_the_process_to_end_ends_the_call() -> None:
    """What is not an Exception cancels the call too, and does not leave it open until its deadline."""

    def leaving() -> Iterator[Message]:
        yield from parts_of(METHODS[0])
        raise SystemExit(3)

    with (
        served() as (counting, address),
        channel(address, token=TOKEN) as opened,
        pytest.raises(SystemExit) as caught,
    ):
        call_of(opened, METHODS[0])(leaving())

    assert (3, []) == (caught.value.code, counting.whole)


def test_a_source_that_fails_is_not_asked_again() -> None:
    """A failure of the caller's own is no reason to make a call again, nor is a stream that can be made anew."""
    made: list[int] = []

    def failing() -> Iterator[Message]:
        made.append(1)
        yield from parts_of(METHODS[0])
        raise LookupError

    with served() as (_, address), channel(address, token=TOKEN) as opened, pytest.raises(LookupError):
        call_of(opened, METHODS[0])(Repeatable(failing))

    assert 1 == sum(made)
