"""A deployed service goes on asking: servers that restart, networks that are cut, refusals from further behind."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
import pytest

from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import GatekeeperServiceStub
from autopack_rpc.client.channel import DEADLINE_SECONDS, channel
from autopack_rpc.client.retrying import ATTEMPTS, BRIEF, NO_RETRY, Patience, Repetition
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.keepalive import CLIENT, SERVER, SHORTEST_INTERVAL_S, Keepalive
from autopack_rpc.roles import Role
from autopack_rpc.server.serving import serving
from tests.integration.rpc.proxy import network
from tests.integration.rpc.scripted import ACCESS, ANSWER, DOMAIN, TOKENS, asked, services

PATIENT = Patience.lasting(60.0)
QUICK = Keepalive(interval_s=1.0, timeout_s=1.0)
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class Refusing(grpc.GenericRpcHandler):
    """Refuses so many calls as unavailable, with pushback, then answers with an empty message."""

    def __init__(self, times: int) -> None:
        self._times = times
        self.asked = threading.Semaphore(0)
        self.count = 0

    def _answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.count += 1
        self.asked.release()
        if self.count <= self._times:
            context.set_trailing_metadata((NO_RETRY,))
            context.abort(UNAVAILABLE, "the store behind is away")
        return b""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """The handler of any call."""
        return grpc.unary_unary_rpc_method_handler(self._answer)


@contextlib.contextmanager
def refusing(times: int) -> Iterator[tuple[Refusing, str]]:
    """A server of that kind, and its address."""
    handler = Refusing(times)
    with futures.ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers((handler,))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield handler, f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


@contextlib.contextmanager
def served(address: str, folder: Path) -> Iterator[str]:
    """The scripted service."""
    with serving(
        address, services(folder), domain=DOMAIN, distribution="autopack-proto", errors={}, access=ACCESS
    ) as bound:
        yield bound


def decide(
    address: str, patience: Patience, *, keepalive: Keepalive = CLIENT, timeout: float | None = None, what: str = ""
) -> int:
    """Make one call with this patience."""
    with (
        channel(address, token=TOKENS.of(Role.EXECUTOR), patience=patience, keepalive=keepalive) as opened,
        remote_errors(),
    ):
        return GatekeeperServiceStub(opened).Conclude(asked(what), timeout=timeout).verdict


def free_address() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_that_comes_back_is_found(tmp_path: Path) -> None:
    """A call to a server that is not there yet is answered once it is, long after a brief caller gave up."""
    address = free_address()
    with futures.ThreadPoolExecutor(1) as caller:
        call = caller.submit(decide, address, PATIENT)
        with pytest.raises(RemoteError) as caught:
            decide(address, BRIEF)
        assert caught.value.unreachable
        assert not call.done()
        with served(address, tmp_path):
            assert ANSWER == call.result(30)


def test_patience_comes_to_its_end() -> None:
    """Patience that lasts for some time is over after that time, whatever the call's deadline allows."""
    begun = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        decide(free_address(), Patience.lasting(1.5), timeout=50)

    assert UNAVAILABLE is caught.value.code
    assert time.monotonic() - begun < 20


def test_patience_asks_more_often_than_a_count_allows() -> None:
    """A server that refuses many times is asked until it answers, though it says that it had better not be asked."""
    with refusing(ATTEMPTS + 2) as (handler, address):
        assert 0 == decide(address, PATIENT)

    assert ATTEMPTS + 3 == handler.count


def test_a_caller_that_counts_heeds_pushback() -> None:
    """A caller without patience does as it is told, and asks once."""
    with refusing(1) as (handler, address), pytest.raises(RemoteError):
        decide(address, BRIEF)

    assert 1 == handler.count


def test_patience_ends_with_the_channel() -> None:
    """Who closes a channel does not wait for the pauses of its calls: they fail as they did last."""
    with refusing(10_000) as (handler, address), futures.ThreadPoolExecutor(1) as caller:
        with channel(address, token="x", patience=PATIENT) as opened:
            call = caller.submit(GatekeeperServiceStub(opened).Conclude, asked(""))
            for _ in range(ATTEMPTS + 1):
                assert handler.asked.acquire(timeout=30)
        failure = call.exception(10)

    assert isinstance(failure, grpc.RpcError)


@pytest.mark.parametrize("closed", [False, True])
def test_a_closed_channel_repeats_nothing(closed: bool) -> None:
    """After a failure that would be repeated, nothing is once the channel is being closed, nor is it paused for."""
    closing = threading.Event()
    with refusing(1) as (_, address), grpc.insecure_channel(address) as plain:
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = plain.unary_unary("/any/Thing")
        failed = method.future(b"")
        assert isinstance(failed.exception(30), grpc.RpcError)
    if closed:
        closing.set()

    assert closed is not Repetition(60.0, PATIENT, closing).again(failed)


def test_a_cut_network_is_found_out_and_survived(tmp_path: Path) -> None:
    """A call that hangs because packets vanish fails within seconds, not at its deadline, and is made again."""
    with (
        served("127.0.0.1:0", tmp_path) as server,
        network(server) as between,
        channel(between.address, token=TOKENS.of(Role.EXECUTOR), patience=PATIENT, keepalive=QUICK) as opened,
        futures.ThreadPoolExecutor(1) as caller,
    ):
        stub = GatekeeperServiceStub(opened)
        assert ANSWER == stub.Conclude(asked("")).verdict
        between.cut()
        call = caller.submit(stub.Conclude, asked(""))
        assert between.lost.wait(30)
        assert not call.done()
        between.mend()

        assert ANSWER == call.result(40).verdict


def test_a_long_call_is_not_taken_for_a_dead_one(tmp_path: Path) -> None:
    """A call without a word for longer than a ping's interval goes on: the server answers pings meanwhile."""
    with (
        served("127.0.0.1:0", tmp_path) as server,
        network(server) as between,
        futures.ThreadPoolExecutor(1) as caller,
    ):
        call = caller.submit(decide, between.address, BRIEF, keepalive=QUICK, what="wait")
        with pytest.raises(futures.TimeoutError):
            call.result(4)
        (tmp_path / "go").touch()

        assert ANSWER == call.result(30)


def test_servers_bear_the_pings_of_their_clients() -> None:
    """Clients ping less often than servers allow, and a dead end is found out long before a call's deadline."""
    assert CLIENT.interval_s > SHORTEST_INTERVAL_S
    assert CLIENT.interval_s + CLIENT.timeout_s < DEADLINE_SECONDS / 2
    assert SERVER.interval_s + SERVER.timeout_s < DEADLINE_SECONDS


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_endless_patience_is_refused(seconds: float) -> None:
    """Patience needs an end."""
    with pytest.raises(ValueError, match="needs an end"):
        Patience.lasting(seconds)
