"""What the contract costs per call, as ratios to a bare echo of the same bytes.

Usage: ``python -m benchmarks.bench_contract``. Every call is made of bytes that were there before the clock starts, and
goes over a loopback connection to a server in this process. The reference is a server without interceptor and messages,
which answers with the first bytes that it was sent. Each variant does what the one before it does, and one thing more:
parse and validate (message to domain value); look for unknown fields in each message; keep a request row in a SQLite
file (idempotency alone, without work to do). The last is the store itself, which also checks digests and does the work.
All take turns, so that a change of the machine's load meets them alike; the figures are medians over the rounds.
"""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from autopack_rpc.roles import Role, Tokens, credentials
from autopack_rpc.skew.unknown_fields import unknown_fields
from autopack_store.config import StoreSettings
from autopack_store.database.engine import file_url, open_engine
from autopack_store.schema.guardrail import ensure_schema
from autopack_store.schema.inspection import Chain
from autopack_store.server import now_ms, store_server
from autopack_store.unit_of_work import Database, SqlDatabase, mutate
from benchmarks.contract_scenes import Call, Scene, attach_evidence, record_builder_result, upload_evidence

ROUNDS = 20
GOAL_PERCENT = 5.0
TIMEOUT_S = 60.0
ANSWER = b"\x08\x01"

ECHO, VALIDATED, CHECKED, REMEMBERED, WHOLE = "echo", "validated", "checked", "remembered", "whole"
LABELS = {
    VALIDATED: "validation",
    CHECKED: "+ unknown-field check",
    REMEMBERED: "+ idempotency",
    WHOLE: "the store itself",
}

MessageT = TypeVar("MessageT", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server, as a client sees it: one that is sent bytes and answers with bytes."""

    channel: grpc.Channel
    metadata: tuple[tuple[str, str], ...] = ()

    def call(self, method: str, messages: Call) -> bytes:
        """Make one call, a streaming one unless there is one message, and return what was answered."""
        if len(messages) == 1:
            unary: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(method)
            return unary(messages[0], timeout=TIMEOUT_S, metadata=self.metadata)
        streaming: grpc.StreamUnaryMultiCallable[bytes, bytes] = self.channel.stream_unary(method)
        return streaming(iter(messages), timeout=TIMEOUT_S, metadata=self.metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds per call by variant, one entry per round; and of the check alone, over all messages of a call."""

    calls: dict[str, list[float]] = field(default_factory=dict)
    check: list[float] = field(default_factory=list)

    def median(self, variant: str) -> float:
        """Seconds per call."""
        return statistics.median(self.calls[variant])

    def ratio(self, variant: str) -> float:
        """The median over the rounds of what the variant took beside the echo of the same round."""
        return statistics.median(
            seconds / echo for seconds, echo in zip(self.calls[variant], self.calls[ECHO], strict=True)
        )


def variants(scene: Scene[MessageT], database: Database) -> dict[str, Callable[[Iterator[bytes]], bytes]]:
    """What a server does with the messages of a call, by variant."""

    def checked(parts: Iterator[bytes]) -> Iterator[MessageT]:
        for part in parts:
            message = scene.kind.FromString(part)
            if unknown_fields(message):
                raise RuntimeError(f"{scene.name} has unknown fields")
            yield message

    def echo(parts: Iterator[bytes]) -> bytes:
        first = next(parts)
        for _ in parts:
            pass
        return first

    def validate(parts: Iterator[bytes]) -> bytes:
        scene.read(map(scene.kind.FromString, parts))
        return ANSWER

    def check(parts: Iterator[bytes]) -> bytes:
        scene.read(checked(parts))
        return ANSWER

    def remember(parts: Iterator[bytes]) -> bytes:
        request = scene.read(checked(parts))()
        mutate(database, request, lambda _: "done")
        return ANSWER

    return {ECHO: echo, VALIDATED: validate, CHECKED: check, REMEMBERED: remember}


def handlers(scene: Scene[MessageT], database: Database) -> grpc.GenericRpcHandler:
    """Each variant as an RPC, unary and streaming, that takes and gives bytes."""

    def unary(work: Callable[[Iterator[bytes]], bytes]) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        return lambda message, _: work(iter([message]))

    def streaming(work: Callable[[Iterator[bytes]], bytes]) -> Callable[[Iterator[bytes], grpc.ServicerContext], bytes]:
        return lambda messages, _: work(messages)

    work = variants(scene, database)
    rpcs: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        name: grpc.unary_unary_rpc_method_handler(unary(work[name])) for name in work
    }
    rpcs |= {f"{name}-stream": grpc.stream_unary_rpc_method_handler(streaming(work[name])) for name in work}
    return grpc.method_handlers_generic_handler(_service(scene), rpcs)


def measure(scene: Scene[MessageT], bare: Peer, store: Peer) -> tuple[Times, Call]:
    """Make the calls of ``scene`` in all variants, round by round. Returns the times, and one of the calls."""
    times = Times()
    sample: Call = ()
    for number in range(ROUNDS + 1):
        calls = scene.calls(store, scene.per_round)
        sample = calls[0]
        ending = "-stream" if len(sample) > 1 else ""
        methods = {
            variant: f"/{_service(scene)}/{variant}{ending}" for variant in (ECHO, VALIDATED, CHECKED, REMEMBERED)
        }
        turns = [(variant, bare, method) for variant, method in methods.items()] + [(WHOLE, store, scene.method)]
        first = number % len(turns)  # whoever comes first finds the threads asleep
        taken = {variant: _seconds(peer, method, calls) for variant, peer, method in turns[first:] + turns[:first]}
        checking = _check_seconds(scene, sample)
        if number == 0:
            continue  # the first round warms every cache
        for variant, seconds in taken.items():
            times.calls.setdefault(variant, []).append(seconds)
        times.check.append(checking)
    return times, sample


def report(scene: Scene[MessageT], times: Times, sample: Call) -> None:
    """Print what ``scene`` came to."""
    echo, whole, check = times.median(ECHO), times.median(WHOLE), statistics.median(times.check)
    size = sum(map(len, sample))
    print(
        f"-- {scene.name}: {len(sample)} messages, {size} bytes; median of {ROUNDS} rounds of {scene.per_round} calls"
    )
    print(f"bare echo                        {echo * 1e3:9.3f} ms (reference)")
    for variant, label in LABELS.items():
        print(f"{label + ' / echo':<32} {times.ratio(variant):9.2f}    ({times.median(variant) * 1e3:.3f} ms)")
    print(f"unknown-field check alone / echo {check / echo:9.3f}    ({check * 1e6:.0f} us for all messages)")
    print(f"unknown-field check, share       {check / whole * 100:9.2f} % of the whole call", end="")
    print(f", {check / times.median(CHECKED) * 100:.2f} % of one that stores nothing (goal: under {GOAL_PERCENT:.0f})")


def main() -> None:
    """Run the benchmark and print its lines."""
    tokens = Tokens.generate()
    with tempfile.TemporaryDirectory(prefix="autopack-bench-") as name, contextlib.ExitStack() as stack:
        urls = [str(file_url(Path(name) / file)) for file in ("requests.db", "store.db")]
        engines = [open_engine(url) for url in urls]
        for engine in engines:
            stack.callback(engine.dispose)
            ensure_schema(engine, bootstrap=True, chain=Chain())
        database = SqlDatabase(engines[0], now_ms)
        settings = StoreSettings(database_url=urls[1], address="127.0.0.1:0", tokens=tokens, bootstrap=False)
        store = Peer(
            channel=stack.enter_context(_channel(stack.enter_context(store_server(settings)))),
            metadata=(credentials(tokens.of(Role.EXECUTOR)),),
        )
        _run(attach_evidence(), database, store)
        _run(record_builder_result(), database, store)
        _run(upload_evidence(), database, store)


def _run(scene: Scene[MessageT], database: Database, store: Peer) -> None:
    with _serving(handlers(scene, database)) as address, _channel(address) as channel:
        report(scene, *measure(scene, Peer(channel=channel), store))


@contextlib.contextmanager
def _serving(handler: grpc.GenericRpcHandler) -> Iterator[str]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers([handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(1.0).wait()


@contextlib.contextmanager
def _channel(address: str) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield channel


def _seconds(peer: Peer, method: str, calls: list[Call]) -> float:
    started = time.perf_counter()
    for call in calls:
        peer.call(method, call)
    return (time.perf_counter() - started) / len(calls)


def _check_seconds(scene: Scene[MessageT], call: Call) -> float:
    messages = [scene.kind.FromString(part) for part in call]
    started = time.perf_counter()
    for message in messages:
        unknown_fields(message)
    return time.perf_counter() - started


def _service(scene: Scene[MessageT]) -> str:
    return f"bench.{scene.kind.__name__}"


if __name__ == "__main__":
    main()
