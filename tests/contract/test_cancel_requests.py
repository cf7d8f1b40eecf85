"""Cancelling is a mutation like the others: known when it is repeated, refused when its id serves another one."""

import contextlib
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest

from autopack.executor.v1 import executor_service_pb2 as pb
from autopack.executor.v1 import executor_service_pb2_grpc
from autopack_clients.gatekeeper import GatekeeperClient
from autopack_clients.store import StoreClient
from autopack_executor.environment.environments import HermeticEnvironments
from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.baseline_lock import FileBaselineLocks
from autopack_executor.gate.cancel import CancelRun
from autopack_executor.gate.command import Commands
from autopack_executor.gate.ports.sources import Source
from autopack_executor.gate.request_memory import RequestMemory
from autopack_executor.gate.start import Dependencies, StartRun
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.suite.runner import PytestSuiteRunner
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.patches import ReceivedPatches
from autopack_git.errors import NotARepository
from autopack_model.bundle.value import BundleUpload
from autopack_model.errors import InvalidValue
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.gate_request.test_options import TestOptions
from autopack_model.gate_request.value import GateRequest
from autopack_rpc.client.channel import channel
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
        store = StoreClient(stack.enter_context(channel(addresses["store"], token=tokens.of(Role.EXECUTOR))))
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


def test_a_cancellation_that_failed_leaves_its_id_free(executor: executor_service_pb2_grpc.ExecutorServiceStub) -> None:
    """The id of a request that named no run there is serves another request afterwards."""
    with pytest.raises(RemoteError) as caught, remote_errors():
        executor.CancelRun(pb.CancelRunRequest(request_id="cancel-1", run_id="run-0"))
    assert grpc.StatusCode.NOT_FOUND is caught.value.code

    answer = executor.CancelRun(pb.CancelRunRequest(request_id="cancel-1", run_id="run-1"))
    assert ("run-1", False) == (answer.run.spec.run_id, answer.replayed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Sources that take until they are told to turn out to be none."""

    opened: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def open(self, request: GateRequest, *, cancel: threading.Event) -> contextlib.AbstractContextManager[Source]:
        """Wait, then fail."""
        self.opened.set()
        assert self.released.wait(PATIENCE_S)
        raise NotARepository(f"{request.repository} is not in a repository", subject=str(request.repository))

    def receive(self, upload: BundleUpload, chunks: Iterator[bytes], *, cancel: threading.Event) -> bool:
        """Nothing is sent here."""
        raise NotImplementedError


PATIENCE_S = 30


@pytest.fixture
def slow() -> Slow:
    """The place."""
    return Slow()


@pytest.fixture
def mutations(tmp_path: Path, slow: Slow) -> Iterator[tuple[StartRun, CancelRun]]:
    """Both mutations of an executor that opens the slow place, with a run that another process executes."""
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(embedded(tmp_path, "store", "gatekeeper"))
        store, gatekeeper = (
            stack.enter_context(channel(settings.addresses[name], token=settings.tokens.of(Role.EXECUTOR)))
            for name in ("store", "gatekeeper")
        )
        home = Home(tmp_path / "executor")
        sandbox = Sandbox(home, superuser=False)
        environments = HermeticEnvironments(home, sandbox, {}, superuser=False)
        dependencies = Dependencies(
            sources=slow,
            patches=ReceivedPatches(home),
            workspaces=home,
            locks=FileBaselineLocks(home.locks),
            environments=environments,
            commands=Commands(environments=environments, caller=None, key=b"key"),
            runner=PytestSuiteRunner(home, sandbox, grace_s=30.0),
            store=StoreClient(store),
            gatekeeper=GatekeeperClient(gatekeeper),
            recorder_version="1",
            clock_ms=lambda: 0,
        )
        dependencies.store.create_run(make_spec("run-1"), first_attempt("run-1"))
        active, requests = ActiveRuns(), RequestMemory()
        stack.callback(active.close)
        yield (
            StartRun(dependencies=dependencies, active=active, requests=requests),
            CancelRun(active=active, store=dependencies.store, requests=requests),
        )


def test_a_cancellation_does_not_wait_for_a_start(mutations: tuple[StartRun, CancelRun], slow: Slow) -> None:
    """While a run is being started a cancellation is done at once, unless it has the same id: then it is refused."""
    start, cancel = mutations
    options = TestOptions(interpreter=Path(sys.executable), arguments=(), setup=None, timeout_ms=60_000)
    request = GateRequest(
        run_id=None,
        repository=Path("/nowhere"),
        base=None,
        candidate=CommitCandidate(revision="HEAD"),
        options=options,
        no_baseline=True,
    )
    with ThreadPoolExecutor() as pool:
        started = pool.submit(start, "ask-1", request)
        assert slow.opened.wait(PATIENCE_S)
        other, same = (pool.submit(cancel, request_id, "run-1", 0.0) for request_id in ("ask-2", "ask-1"))
        run, replayed = other.result(PATIENCE_S)
        refused = same.exception(PATIENCE_S)
        slow.released.set()

    assert ("run-1", False) == (run.spec.run_id, replayed)
    assert isinstance(refused, InvalidValue)
    assert isinstance(started.exception(), NotARepository)
    assert not cancel("ask-1", "run-1", 0.0)[1]
