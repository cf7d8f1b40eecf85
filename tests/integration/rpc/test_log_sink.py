"""A log that cannot be written: the lines are lost, and nothing else."""

import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import AbstractContextManager
from pathlib import Path

import grpc
import pytest

from autopack.gatekeeper.v1.gatekeeper_service_pb2_grpc import GatekeeperServiceStub
from autopack_rpc.client.channel import channel
from autopack_rpc.client.retrying import ONCE
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.logs import LogSink
from autopack_rpc.roles import Role
from tests.integration.rpc.scripted import ANSWER, TOKENS, asked
from tests.integration.rpc.test_drain import PROGRAM, ROOT, Process

WITHOUT_STANDARD_ERROR = ("sh", "-c", 'exec "$@" 2>&-', "sh")


@contextlib.contextmanager
def logging_to(log: int, folder: Path, *before: str) -> Iterator[Process]:
    """A scripted server whose standard error is the descriptor ``log``; ``before`` is a command that becomes it."""
    path = os.pathsep.join((str(ROOT), *(entry for entry in sys.path if entry)))
    with subprocess.Popen(
        [*before, sys.executable, str(PROGRAM), "127.0.0.1:0", "60", str(folder)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    ) as running:
        assert running.stdout is not None
        try:
            address = running.stdout.readline().strip()
            assert address, running.wait(30)
            yield Process(running=running, pid=running.pid, address=address, folder=folder)
        finally:
            running.kill()


@contextlib.contextmanager
def full_disk() -> Iterator[int]:
    """A file on a disk that is full."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def reader_that_has_gone() -> Iterator[int]:
    """A pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


@contextlib.contextmanager
def opened_for_reading() -> Iterator[int]:
    """A file that was opened for reading: no write gets through."""
    with Path(os.devnull).open("rb") as file:
        yield file.fileno()


LOGS: dict[str, Callable[[], AbstractContextManager[int]]] = {
    "full disk": full_disk,
    "reader that has gone": reader_that_has_gone,
    "opened for reading": opened_for_reading,
}


def assert_serves(process: Process) -> None:
    """A call gets its own answer, whether it says something in the log or fails."""
    with channel(process.address, token=TOKENS.of(Role.EXECUTOR), patience=ONCE) as opened:
        stub = GatekeeperServiceStub(opened)
        assert [ANSWER, ANSWER] == [stub.Conclude(asked(what)).verdict for what in ("answer", "log")]
        with pytest.raises(RemoteError) as caught, remote_errors():
            stub.Conclude(asked("bug"))
        assert (grpc.StatusCode.INTERNAL, "INTERNAL") == (caught.value.code, caught.value.reason)
        assert ANSWER == stub.Conclude(asked("answer")).verdict


@pytest.mark.parametrize("log", LOGS)
def test_a_service_whose_log_cannot_be_written_serves(tmp_path: Path, log: str) -> None:
    """Calls are answered and the end is in good order, with exit code 0, although no line of the log can be written."""
    with LOGS[log]() as descriptor, logging_to(descriptor, tmp_path) as process:
        assert_serves(process)
        process.stop()
        assert 0 == process.running.wait(30)


def test_a_service_without_standard_error_serves(tmp_path: Path) -> None:
    """A service that is started without a standard error serves, and nothing of its own takes that number, into which
    libraries would write.
    """
    with logging_to(subprocess.DEVNULL, tmp_path, *WITHOUT_STANDARD_ERROR) as process:
        assert_serves(process)
        assert Path(os.devnull) == Path(f"/proc/{process.pid}/fd/2").readlink()
        process.stop()
        assert 0 == process.running.wait(30)


@pytest.mark.parametrize("log", LOGS)
def test_a_second_signal_ends_at_once_without_a_log(tmp_path: Path, log: str) -> None:
    """What cannot be said at the end does not keep the process from it."""
    with (
        LOGS[log]() as descriptor,
        logging_to(descriptor, tmp_path) as process,
        futures.ThreadPoolExecutor(1) as caller,
    ):
        call = caller.submit(process.decide, "wait")
        process.await_begun()
        process.stop()
        process.await_refusing()
        process.stop()

        assert 128 + signal.SIGTERM == process.running.wait(30)
        with pytest.raises(RemoteError):
            call.result(30)


class Failing(io.StringIO):
    """A file whose writes fail with ``problem`` as long as there is one."""

    problem: Exception | None = None

    def write(self, text: str, /) -> int:
        """Write, or fail."""
        if self.problem is not None:
            raise self.problem
        return super().write(text)


def test_a_log_goes_on_when_it_can_be_written_again() -> None:
    """Lines are dropped one by one: those that come when there is space again are written whole."""
    file = Failing()
    sink = LogSink(file)
    sink.info("one")
    file.problem = OSError(errno.ENOSPC, "No space left on device")
    sink.warning("two")
    file.problem = None
    sink.error("three")

    assert "one\nthree\n" == file.getvalue()


def test_a_log_that_was_closed_drops_its_lines() -> None:
    """A file that is closed takes no line, which is not a failure of who writes it."""
    file = io.StringIO()
    sink = LogSink(file)
    file.close()

    sink.info("one")


def test_a_mistake_in_a_line_is_not_hidden() -> None:
    """What is wrong with a line, and not with the file, is raised."""
    file = Failing()
    file.problem = UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed")

    with pytest.raises(UnicodeEncodeError):
        LogSink(file).info("one")


LEAVING = """
import os, sys
from autopack_rpc.server.stopping import leave
os.set_blocking(1, False)
try:
    while True:
        os.write(1, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(1, True)
sys.stdout.write("the last word")
leave(7)
"""


def test_a_pipe_that_nobody_reads_keeps_nobody_from_the_end() -> None:
    """A process whose standard output is full, and not read, ends with its own exit code all the same."""
    path = os.pathsep.join((str(ROOT), *(entry for entry in sys.path if entry)))
    with subprocess.Popen(
        [sys.executable, "-c", LEAVING],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        stdout=subprocess.PIPE,
    ) as running:
        try:
            assert 7 == running.wait(30)
        finally:
            running.kill()
