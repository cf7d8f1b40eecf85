"""The end of a service, in real processes: what is in flight is finished, for a time."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import GatekeeperServiceStub
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import ONCE
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role
from tests.integration.rpc.scripted import ANSWER, TOKENS, asked

PROGRAM = Path(__file__).with_name("scripted.py")
ROOT = Path(__file__).parents[3]
LONG = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A scripted server: how to signal it, where it listens, and the folder through which it is told to go on."""

    running: subprocess.Popen[str]
    pid: int
    address: str
    folder: Path

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def await_begun(self) -> None:
        """Return when the call named ``wait`` has begun."""
        self.await_there("begun")

    def await_there(self, name: str) -> None:
        """Return when the file ``name`` is in the folder."""
        _await((self.folder / name).exists)

    def await_refusing(self) -> None:
        """Return when it takes no new calls."""
        _await(lambda: _refused(self.address))

    def decide(self, what: str) -> int:
        """Make one call, once."""
        token = TOKENS.of(Role.EXECUTOR)
        with channel(self.address, token=token, patience=ONCE) as opened, remote_errors():
            return GatekeeperServiceStub(opened).Conclude(asked(what)).verdict


def _await(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(600):
        if true():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to that within 30 s")


def _refused(address: str) -> bool:
    with channel(address, token=TOKENS.of(Role.EXECUTOR), patience=ONCE) as opened:
        try:
            GatekeeperServiceStub(opened).Conclude(asked("anything"))
        except grpc.RpcError:
            return True
    return False


@contextlib.contextmanager
def started(folder: Path, drain_s: float, *before: str) -> Iterator[Process]:
    """A scripted server that is ready; ``before`` is the command that runs it."""
    path = os.pathsep.join((str(ROOT), *(entry for entry in sys.path if entry)))
    command = [*before, sys.executable, str(PROGRAM), "127.0.0.1:0", str(drain_s), str(folder)]
    with (
        (folder / "log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as running,
    ):
        assert running.stdout is not None
        try:
            address = running.stdout.readline().strip()
            assert address, (folder / "log").read_text()
            yield Process(running=running, pid=_innermost(running.pid, len(before)), address=address, folder=folder)
        finally:
            running.kill()


def _innermost(pid: int, commands: int) -> int:
    """The process itself, or the child of the command that runs it."""
    if not commands:
        return pid
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_call_in_flight_is_finished(tmp_path: Path, number: signal.Signals) -> None:
    """A call that is in flight when the signal comes is answered; no new one is taken; the exit code is 0."""
    with started(tmp_path, LONG) as process, futures.ThreadPoolExecutor(1) as caller:
        call = caller.submit(process.decide, "wait")
        process.await_begun()
        process.stop(number)
        process.await_refusing()
        assert not call.done()
        (tmp_path / "go").touch()

        assert ANSWER == call.result(30)
        assert 0 == process.running.wait(30)


def test_a_call_that_outlasts_the_deadline_is_cut(tmp_path: Path) -> None:
    """A call that does not end in time is cut, its thread does not keep the process, and the exit code is 0."""
    with started(tmp_path, 0.3) as process, futures.ThreadPoolExecutor(1) as caller:
        call = caller.submit(process.decide, "wait")
        process.await_begun()
        process.stop()

        with pytest.raises(RemoteError):
            call.result(30)
        assert 0 == process.running.wait(30)
    assert "calls in flight were cut" in (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """Who sends a second signal does not wait for calls in flight; the exit code tells the signal."""
    with started(tmp_path, LONG) as process, futures.ThreadPoolExecutor(1) as caller:
        call = caller.submit(process.decide, "wait")
        process.await_begun()
        process.stop()
        process.await_refusing()
        process.stop(number)

        assert 128 + number == process.running.wait(30)
        with pytest.raises(RemoteError):
            call.result(30)


def test_the_first_process_of_a_container_ends_in_good_order(tmp_path: Path) -> None:
    """As process 1, for which no signal does anything by default, it ends as everywhere else."""
    unshare = shutil.which("unshare")
    command = [unshare or "unshare", "--pid", "--fork", "--kill-child"]
    if unshare is None or subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let the test make a process namespace (unshare --pid)")
    with started(tmp_path, LONG, *command) as process, futures.ThreadPoolExecutor(1) as caller:
        call = caller.submit(process.decide, "wait")
        process.await_begun()
        process.stop()
        process.await_refusing()
        (tmp_path / "go").touch()

        assert ANSWER == call.result(30)
        assert 0 == process.running.wait(30)
