"""What a service says of its health: readiness, liveness, and the database behind it."""

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import GatekeeperServiceStub
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.health import readiness
from autopack_rpc.health.checks import CHECK, LIVENESS
from autopack_rpc.health.database_identity import DATABASE_KEY, DatabaseSeen, database_mismatch
from autopack_rpc.health.downstream import Downstream, ask_health
from autopack_rpc.roles import Role
from autopack_rpc.server.serving import Lifetime, serving
from tests.integration.rpc.scripted import ACCESS, ANSWER, DOMAIN, EVIDENCE, GATEKEEPER, TOKENS, asked, services

SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING
NAMES = ["", GATEKEEPER, EVIDENCE, "autopack.contract.v1.ContractService"]


@dataclass(slots=True, kw_only=True)
class Condition:
    """The condition of a service, which the test changes."""

    problem: str | None = None
    identity: str | None = None
    looks: int = 0
    hang: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hang.set()

    def look(self) -> str | None:
        """The problem; as long as it hangs there is no answer."""
        self.looks += 1
        assert self.hang.wait(60)
        return self.problem


@contextlib.contextmanager
def served(folder: Path, condition: Condition, lifetime: Lifetime | None = None) -> Iterator[str]:
    """A server in this condition; yields its address."""
    with serving(
        f"unix:{folder}/socket",
        services(folder),
        domain=DOMAIN,
        distribution="autopack-proto",
        errors={},
        access=ACCESS,
        workers=2,
        readiness=condition.look,
        identity=lambda: condition.identity,
        lifetime=lifetime or Lifetime(drain_s=5.0, interval_s=None),
    ) as address:
        yield address


def check(address: str, name: str = "") -> int:
    """The status of a name, asked without a token."""
    with grpc.insecure_channel(address) as plain:
        method = plain.unary_unary(
            CHECK,
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        return method(HealthCheckRequest(service=name), timeout=20).status


@contextlib.contextmanager
def watched(address: str, name: str = "") -> Iterator[Iterator[HealthCheckResponse]]:
    """The stream of a name's statuses."""
    with grpc.insecure_channel(address) as plain:
        watch = plain.unary_stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        yield watch(HealthCheckRequest(service=name), timeout=60)


def test_readiness_is_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every service's name and the overall one say the same: what the last look found."""
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)
    condition = Condition(problem="the database is away")
    with served(tmp_path, condition) as address:
        before = [check(address, name) for name in NAMES]
        condition.problem = None
        after = [check(address, name) for name in NAMES]

    assert ([NOT_SERVING] * 4, [SERVING] * 4) == (before, after)


def test_one_look_serves_all_who_ask_at_once(tmp_path: Path) -> None:
    """Who asks within a second of the last look has its finding: health checks cost the database next to nothing."""
    condition = Condition()
    with served(tmp_path, condition) as address:
        found = {check(address) for _ in range(20)}

    assert {SERVING} == found
    assert condition.looks <= 3


def test_liveness_asks_nobody(tmp_path: Path) -> None:
    """A service that is not ready is alive all the same, and nothing is looked at to say so."""
    condition = Condition(problem="the database is away")
    with served(tmp_path, condition) as address:
        assert SERVING == check(address, LIVENESS)

    assert 0 == condition.looks


def test_an_unknown_name_is_not_found(tmp_path: Path) -> None:
    """A name that nothing has is NOT_FOUND, as the protocol says."""
    with served(tmp_path, Condition()) as address, pytest.raises(RemoteError) as caught, remote_errors():
        check(address, "no.such.Service")

    assert grpc.StatusCode.NOT_FOUND is caught.value.code


def test_a_look_that_fails_is_no_readiness(tmp_path: Path) -> None:
    """A look that raises is a bad one: nothing was proven."""

    class Broken(Condition):
        def look(self) -> str | None:
            raise ZeroDivisionError

    with served(tmp_path, Broken()) as address:
        assert NOT_SERVING == check(address)


def test_a_look_that_hangs_is_no_readiness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that takes too long is a bad one, who asks next does not wait for it again, and liveness never does."""
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 3.0)
    condition = Condition()
    condition.hang.clear()
    with served(tmp_path, condition) as address:
        first = check(address)
        begun = time.monotonic()
        found = [check(address), check(address), check(address, LIVENESS)]
        took = time.monotonic() - begun
        condition.hang.set()

    assert (NOT_SERVING, [NOT_SERVING, NOT_SERVING, SERVING], 1) == (first, found, condition.looks)
    assert took < 3.0


def test_a_service_of_its_own_looks_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployed server tells its watchers what changed without being asked."""
    condition = Condition(problem="not yet")
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)
    with served(tmp_path, condition, Lifetime(drain_s=5.0, interval_s=0.05)) as address, watched(address) as statuses:
        first = next(statuses).status
        condition.problem = None
        second = next(statuses).status

    assert (NOT_SERVING, SERVING) == (first, second)


def test_who_watches_is_told_of_the_end(tmp_path: Path) -> None:
    """A server that shuts down says NOT_SERVING to its watchers and ends their streams, so that it need not wait."""
    server = contextlib.ExitStack()
    address = server.enter_context(served(tmp_path, Condition(), Lifetime(drain_s=60.0, interval_s=None)))
    with server, watched(address, GATEKEEPER) as statuses, watched(address, LIVENESS) as alive:
        first = [next(statuses).status, next(alive).status]
        ending = threading.Thread(target=server.close)
        ending.start()
        rest = [[status.status for status in stream] for stream in (statuses, alive)]
        ending.join(30)
        assert not ending.is_alive()

    assert ([SERVING, SERVING], [[NOT_SERVING], []]) == (first, rest)


def test_a_look_in_flight_comes_to_its_end_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a service looks at, a database's connections, is there until a look that is under way at the end is over."""
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 60.0)
    closed, found = threading.Event(), list[bool]()

    class Slow(Condition):
        def look(self) -> str | None:
            begun.set()
            # Long enough for an end that does not wait for this.
            found.append(closed.wait(1.0))
            return None

    begun = threading.Event()
    with contextlib.ExitStack() as service:
        service.callback(closed.set)
        service.enter_context(served(tmp_path, Slow(), Lifetime(drain_s=60.0, interval_s=60.0)))
        assert begun.wait(30)

    assert [False] == found


def test_a_look_that_hangs_does_not_keep_a_service_from_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that does not come back within its time is not waited for any longer."""
    monkeypatch.setattr(readiness, "LOOK_SECONDS", 0.2)
    condition = Condition()
    condition.hang.clear()
    with served(tmp_path, condition) as address:
        assert NOT_SERVING == check(address)

    assert (1, False) == (condition.looks, condition.hang.is_set())
    condition.hang.set()


def test_health_has_threads_of_its_own(tmp_path: Path) -> None:
    """A server whose threads are all taken still answers for its health."""
    with (
        served(tmp_path, Condition()) as address,
        channel(address, token=TOKENS.of(Role.EXECUTOR)) as opened,
        futures.ThreadPoolExecutor(4) as callers,
    ):
        calls = [callers.submit(GatekeeperServiceStub(opened).Conclude, asked("wait")) for _ in range(4)]
        found = [check(address), check(address, LIVENESS)]
        (tmp_path / "go").touch()
        assert [ANSWER] * 4 == [call.result(20).verdict for call in calls]

    assert [SERVING, SERVING] == found


@pytest.mark.parametrize("identity", [None, "4b1e62a2"])
def test_a_health_check_says_the_database(tmp_path: Path, identity: str | None) -> None:
    """The trailing metadata of a health check carries the database's identity, where it is known."""
    with served(tmp_path, Condition(identity=identity)) as address, channel(address, token="anybody") as opened:
        assert ("SERVING", identity) == ask_health(opened, timeout_s=10)
    assert "autopack-database" == DATABASE_KEY


SEEN = DatabaseSeen(service="store", address="db:1", identity="one")


def test_one_database_is_no_mismatch() -> None:
    """Two services that say the same identity work together, wherever they listen."""
    assert database_mismatch(SEEN, DatabaseSeen(service="gatekeeper", address="x:2", identity="one")) is None


@pytest.mark.parametrize(("other", "said"), [("two", "uses database two"), (None, "does not say which database")])
def test_another_database_is_named(other: str | None, said: str) -> None:
    """Two identities, or one that is not known, are refused with both addresses and what each said."""
    problem = database_mismatch(SEEN, DatabaseSeen(service="gatekeeper", address="x:2", identity=other))

    assert problem is not None
    assert "the store at db:1 uses database one, the gatekeeper at x:2" in problem
    assert said in problem


def test_unknown_databases_are_not_the_same() -> None:
    """Two services that both say nothing were not proven to use one database."""
    nothing = DatabaseSeen(service="store", address="db:1", identity=None)

    assert database_mismatch(nothing, nothing) is not None


def test_a_service_that_is_needed_is_looked_at(tmp_path: Path) -> None:
    """Of a service behind this one it is known whether it is ready, which database it has, or why it is of no use."""
    condition = Condition(identity="one")
    with served(tmp_path, condition) as address, channel(address, token=TOKENS.of(Role.EXECUTOR)) as opened:
        needed = Downstream("store", address, opened, domain=DOMAIN)
        assert (None, "one") == (needed.problem(), needed.database.identity)
    with channel(f"unix:{tmp_path}/nothing", token="x") as opened:
        absent = Downstream("store", "nowhere", opened, domain=DOMAIN)
        assert "the store at nowhere does not answer" in (absent.problem() or "")
        assert absent.database.identity is None


def test_a_service_that_is_not_ready_is_of_no_use(tmp_path: Path) -> None:
    """A service behind this one that says NOT_SERVING makes this one not ready either."""
    with (
        served(tmp_path, Condition(problem="away")) as address,
        channel(address, token=TOKENS.of(Role.EXECUTOR)) as opened,
    ):
        assert "is not ready (NOT_SERVING)" in (Downstream("store", "s:1", opened, domain=DOMAIN).problem() or "")


def test_a_wrong_token_is_no_readiness(tmp_path: Path) -> None:
    """Health is open to everybody, but who could not call the service behind it is not ready."""
    with served(tmp_path, Condition()) as address, channel(address, token="wrong" * 5) as opened:
        assert "UNAUTHENTICATED" in (Downstream("store", "s:1", opened, domain=DOMAIN).problem() or "")
