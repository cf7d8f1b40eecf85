"""Services as processes of their own: how each follows those that it needs, and what it outlasts."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckResponse

from autopack.executor.v1 import executor_service_pb2
from autopack.executor.v1.executor_service_pb2_grpc import ExecutorServiceStub
from autopack_clients.store import StoreClient
from autopack_model.run.value import RunState
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import ONCE
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.health.checks import LIVENESS
from autopack_rpc.health.downstream import ask_health
from autopack_rpc.roles import Role
from tests.e2e.command import Command
from tests.e2e.scene import scene_in
from tests.integration.rpc.test_health import check

SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING
PROGRAMS = {
    "store": ("autopack_store", "serve"),
    "gatekeeper": ("autopack_gatekeeper",),
    "executor": ("autopack_executor",),
}


def await_(true: Callable[[], bool], what: str) -> None:
    """Return when it is ``true``; fail after a minute."""
    pause = threading.Event()
    for _ in range(600):
        if true():
            return
        pause.wait(0.1)
    raise AssertionError(f"not within a minute: {what}")


@dataclass(slots=True, kw_only=True)
class Deployment:
    """Processes that listen on sockets in ``sockets`` and keep their state and logs in ``home``."""

    home: Path
    sockets: Path
    stack: contextlib.ExitStack
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """Where the process ``name`` listens."""
        return f"unix:{self.sockets}/{name}"

    def token(self, role: Role) -> str:
        """The token of a role."""
        return f"{role.value}-token-of-some-length"

    def token_files(self) -> dict[str, str]:
        """The variables that name the tokens' files."""
        variables = {}
        for role in Role:
            path = self.home / role.value
            path.write_text(self.token(role))
            variables[f"AUTOPACK_{role.name}_TOKEN_FILE"] = str(path)
        return variables

    def log(self, name: str) -> list[dict[str, object]]:
        """The lines that the process ``name`` has written."""
        lines = (self.home / f"{name}.log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def start(self, service: str, name: str = "", **more: str) -> None:
        """Start a service as the process ``name``, and wait until it lives."""
        name = name or service
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AUTOPACK_")}
        environment = {
            **inherited,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "AUTOPACK_STORE_DATABASE_URL": f"sqlite:///{self.home / name}.db",
            "AUTOPACK_DB_BOOTSTRAP": "1",
            "AUTOPACK_HOME": str(self.home / "state"),
            **{f"AUTOPACK_{needed.upper()}_ADDRESS": self.address(needed) for needed in PROGRAMS},
            **self.token_files(),
            **more,
            f"AUTOPACK_{service.upper()}_ADDRESS": self.address(name),
        }
        with (self.home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", *PROGRAMS[service]], env=environment, stderr=log)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        self.running[name] = process
        await_(lambda: self.status(name, LIVENESS) == SERVING, f"{name} lives")

    def status(self, name: str, asked: str = "") -> int | None:
        """What the process says of its health; None when it does not answer."""
        try:
            return check(self.address(name), asked)
        except grpc.RpcError:
            return None

    def says(self, name: str, expected: int) -> bool:
        """Whether the process says so."""
        return self.status(name) == expected

    def await_status(self, expected: int, *names: str) -> None:
        """Return when all these processes say so."""
        for name in names:
            await_(partial(self.says, name, expected), f"{name} says {expected}")

    def kill(self, name: str) -> None:
        """End a process without asking."""
        self.running[name].kill()
        self.running[name].wait()

    def identity(self, name: str) -> str | None:
        """The identity of the database that the process names."""
        with channel(self.address(name), token="", patience=ONCE) as opened:
            return ask_health(opened, timeout_s=20)[1]

    def run(self, run_id: str) -> None:
        """Ask the executor for a run. Raises RemoteError."""
        token = self.token(Role.CLIENT)
        with channel(self.address("executor"), token=token, patience=ONCE) as opened, remote_errors():
            list(
                ExecutorServiceStub(opened).WatchRun(
                    executor_service_pb2.WatchRunRequest(run_id=run_id, with_report=False)
                )
            )

    def addresses(self) -> Mapping[str, str]:
        """What a command line has to be told to use these processes."""
        return {
            **{f"AUTOPACK_{service.upper()}_ADDRESS": self.address(service) for service in PROGRAMS},
            "AUTOPACK_CLIENT_TOKEN_FILE": self.token_files()["AUTOPACK_CLIENT_TOKEN_FILE"],
        }


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Nothing yet; what is started ends with the test."""
    with contextlib.ExitStack() as stack:
        sockets = stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp"))
        home = tmp_path / "deployment"
        home.mkdir()
        yield Deployment(home=home, sockets=Path(sockets), stack=stack)


def test_readiness_follows_the_store(deployment: Deployment) -> None:
    """Without their store gatekeeper and executor live and are not ready; when it is back they are, by themselves."""
    deployment.start("executor")
    deployment.start("gatekeeper")
    deployment.await_status(NOT_SERVING, "gatekeeper", "executor")
    deployment.start("store")
    deployment.await_status(SERVING, *PROGRAMS)
    deployment.kill("store")
    deployment.await_status(NOT_SERVING, "gatekeeper", "executor")
    assert [SERVING] * 2 == [deployment.status(name, LIVENESS) for name in ("gatekeeper", "executor")]
    deployment.start("store")
    deployment.await_status(SERVING, *PROGRAMS)

    (identity,) = {deployment.identity(name) for name in PROGRAMS}
    assert identity
    # A look that takes too long on a busy machine says "not ready" as well, so there may be more of them.
    told = iter([line["event"] for line in deployment.log("executor")])
    expected = ["not ready", "ready", "not ready", "ready"]
    assert expected == [event for event in expected if event in told]


def test_two_databases_are_found_out(deployment: Deployment) -> None:
    """An executor whose gatekeeper uses another store's database is not ready, and log and doctor name both."""
    deployment.start("store")
    deployment.start("store", "other")
    deployment.start("gatekeeper", AUTOPACK_STORE_ADDRESS=deployment.address("other"))
    deployment.start("executor")
    deployment.await_status(SERVING, "store", "other", "gatekeeper")
    deployment.await_status(NOT_SERVING, "executor")
    await_(lambda: "uses database" in _problem(deployment), "the executor names the databases")
    done = Command(home=deployment.home).run("doctor", variables=deployment.addresses())

    wanted = [deployment.identity(name) or "?" for name in ("store", "other")]
    wanted += [deployment.address(name) for name in ("store", "gatekeeper")]
    assert wanted[0] != wanted[1]
    assert 70 == done.code
    assert [] == [text for text in wanted if text not in _problem(deployment) or text not in done.out]


def _problem(deployment: Deployment) -> str:
    problems = [str(line["problem"]) for line in deployment.log("executor") if line["event"] == "not ready"]
    return problems[-1] if problems else ""


def test_a_call_outlasts_a_store_that_restarts(deployment: Deployment) -> None:
    """A call to an executor whose store is away is answered when the store is back."""
    for service in PROGRAMS:
        deployment.start(service)
    deployment.await_status(SERVING, *PROGRAMS)
    deployment.kill("store")
    with futures.ThreadPoolExecutor(1) as caller:
        call = caller.submit(deployment.run, "no-such-run")
        deployment.await_status(NOT_SERVING, "executor")
        assert not call.done()
        deployment.start("store")
        failure = call.exception(60)

    assert isinstance(failure, RemoteError)
    assert grpc.StatusCode.NOT_FOUND is failure.code


def test_an_executor_that_is_stopped_records_its_runs(deployment: Deployment, tmp_path: Path) -> None:
    """SIGTERM cancels the run that is being executed, records it so, logs it by its ids, and ends with 0."""
    for service in PROGRAMS:
        deployment.start(service)
    deployment.await_status(SERVING, *PROGRAMS)
    with scene_in(tmp_path / "scene") as scene:
        scene.commit(base="testing")
        gate = scene.command.start(
            *("gate", "--repo", str(scene.repository.root), "--base", "main", "--head", "candidate"),
            *("--python", sys.executable, "--run-id", "it"),
            variables=deployment.addresses(),
        )
        scene.stuck_processes()
        deployment.running["executor"].send_signal(signal.SIGTERM)
        code = deployment.running["executor"].wait(60)
        gate.end()
    with channel(deployment.address("store"), token=deployment.token(Role.CLIENT)) as opened:
        run = StoreClient(opened).run("it")

    assert (0, RunState.CANCELLED) == (code, run.state)
