"""Runs one command to its end, and leaves nothing of it running."""

import contextlib
import enum
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.errors import EvidenceNotWritten
from autopack_executor.isolation.output_log import OutputLog
from autopack_executor.workspace import processes

UMASK = 0o022
TICK_S = 0.2
GRACE_S = 1.0
READ_BYTES = 65536
# What can still stand in the pipe when the leader is gone: its capacity, generously.
DRAIN_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildExit:
    """How a child ended. ``exit_code`` and ``signal`` are both None when it could not be started, and ``problem``
    says why. ``lingered`` says that it had done its work and was ended because it did not exit; what ended it then says
    nothing of it. Times are milliseconds since the epoch, UTC.
    """

    exit_code: int | None
    signal: int | None
    timed_out: bool
    cancelled: bool
    lingered: bool
    started_at_ms: int
    ended_at_ms: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a child does before it exits: ``done`` is asked at each tick, and then it has ``grace_s`` seconds."""

    done: Callable[[], bool]
    grace_s: float


class _Stopped(enum.Enum):
    """Why a child was told to end."""

    CANCELLED = enum.auto()
    TIMED_OUT = enum.auto()
    LINGERED = enum.auto()


def run_child(
    argv: Sequence[str],
    *,
    variables: Mapping[str, str],
    marker: str,
    log: Path,
    timeout_s: float,
    cancel: threading.Event,
    on_start: Callable[[int], None],
    on_tick: Callable[[], None],
    work: Work | None = None,
    leaving: bool = False,
) -> ChildExit:
    """Run ``argv`` in ``/`` with exactly ``variables`` and the marker, in a session of its own, with stdin empty and
    output bounded in ``log``.

    ``on_start`` gets the process id; ``on_tick`` is called about five times a second. On time-out or cancel, and when
    it has done its ``work`` and does not exit, the group gets SIGTERM and, GRACE_S later, SIGKILL. A child that has
    done its work before the time-out is never timed out.

    However the child ends, what is left of its group and every process that carries ``marker`` is killed before this
    returns; the end of its output is not waited for, since a daemon may hold the pipe open. With ``leaving``, what the
    command has started goes on when it ends by itself, and who gave the marker ends it.

    Raises EvidenceNotWritten when ``log`` cannot be written; whatever ``on_start`` and ``on_tick`` raise comes out
    after the child is dead.
    """
    started_at_ms = time.time_ns() // 1_000_000
    started = time.monotonic()
    output = OutputLog(log)
    stopped: _Stopped | None = None
    exit_code: int | None = None
    problem = ""
    try:
        with _started(argv, {**variables, processes.MARKER: marker}, marker, output, leaving=leaving) as child:
            on_start(child.process.pid)
            stopped = child.watch(started + timeout_s, cancel, on_tick, work)
            exit_code = child.end()
    except _NotStarted as error:
        problem = str(error)
        output.feed(f"autopack: {problem}\n".encode(errors="backslashreplace"))
    finally:
        output.close()
    if output.error is not None:
        raise EvidenceNotWritten(
            f"{log} cannot be written: {output.error.strerror}; free disk space and run again",
            subject=str(log),
        ) from output.error
    return ChildExit(
        exit_code=exit_code if exit_code is not None and exit_code >= 0 else None,
        signal=-exit_code if exit_code is not None and exit_code < 0 else None,
        timed_out=stopped is _Stopped.TIMED_OUT,
        cancelled=stopped is _Stopped.CANCELLED,
        lingered=stopped is _Stopped.LINGERED,
        started_at_ms=started_at_ms,
        ended_at_ms=started_at_ms + int((time.monotonic() - started) * 1000),
        problem=problem,
    )


class _NotStarted(Exception):
    """The operating system would not start the command."""


@contextlib.contextmanager
def _started(
    argv: Sequence[str], variables: Mapping[str, str], marker: str, output: OutputLog, *, leaving: bool
) -> Iterator["_Child"]:
    reading, writing = os.pipe()
    try:
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                cwd="/",
                env=dict(variables),
                umask=UMASK,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise _NotStarted(f"{argv[0]} could not be started: {error}") from error
        finally:
            os.close(writing)
        child = _Child(process, reading, marker, output, leaving=leaving)
        try:
            yield child
        finally:
            child.end()
    finally:
        os.close(reading)


class _Child:
    """A running child: the process, the reading end of its output, and its marker."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", pipe: int, marker: str, output: OutputLog, *, leaving: bool
    ) -> None:
        self._leaving = leaving
        self.process = process
        self._pipe = pipe
        self._marker = marker
        self._output = output
        os.set_blocking(pipe, False)

    def watch(
        self, deadline: float, cancel: threading.Event, on_tick: Callable[[], None], work: Work | None
    ) -> _Stopped | None:
        """Wait until the leader has ended and return why it was told to, if it was."""
        stopped: _Stopped | None = None
        done_at = float("inf")
        kill_at = float("inf")
        next_tick = time.monotonic() + TICK_S
        with _exit_descriptor(self.process.pid) as exited:
            poller = select.poll()
            poller.register(self._pipe, select.POLLIN)
            if exited is not None:
                poller.register(exited, select.POLLIN)
            while True:
                # Without a descriptor that tells of the end, look often enough for it not to matter.
                pause = next_tick - time.monotonic() if exited is not None else TICK_S / 10
                ready = poller.poll(max(0.0, pause) * 1000)
                if any(descriptor == self._pipe for descriptor, _ in ready) and not self._read():
                    poller.unregister(self._pipe)
                if self._has_ended(exited, ready):
                    return stopped
                now = time.monotonic()
                if now >= next_tick:
                    next_tick = now + TICK_S
                    on_tick()
                    if work is not None and work.done():
                        done_at = min(done_at, now)
                if stopped is None:
                    if cancel.is_set():
                        stopped = _Stopped.CANCELLED
                    elif work is not None and now >= min(done_at + work.grace_s, max(done_at, deadline)):
                        stopped = _Stopped.LINGERED
                    elif now >= deadline:
                        stopped = _Stopped.TIMED_OUT
                    if stopped is not None:
                        processes.kill_group(self.process.pid, signal.SIGTERM)
                        kill_at = now + GRACE_S
                elif now >= kill_at:
                    processes.kill_group(self.process.pid, signal.SIGKILL)

    def end(self) -> int:
        """Kill whatever is left, take the output that stands in the pipe, and return the leader's return code.

        Until the leader is reaped here its number, and so that of the group, belongs to nobody else. Idempotent.
        """
        if self.process.returncode is None:
            if not self._leaving or not self._leader_has_ended():
                processes.kill_group(self.process.pid, signal.SIGKILL)
                processes.kill_marked(self._marker)
            self._drain()
            self.process.wait()
        return self.process.returncode

    def _leader_has_ended(self) -> bool:
        return processes.start_time(self.process.pid) is None

    def _has_ended(self, exited: int | None, ready: list[tuple[int, int]]) -> bool:
        if exited is not None:
            return any(descriptor == exited for descriptor, _ in ready)
        return processes.start_time(self.process.pid) is None

    def _read(self) -> bool:
        """Take one piece of output; False at its end."""
        try:
            chunk = os.read(self._pipe, READ_BYTES)
        except BlockingIOError:
            return True
        self._output.feed(chunk)
        return bool(chunk)

    def _drain(self) -> None:
        left = DRAIN_BYTES
        while left > 0:
            try:
                chunk = os.read(self._pipe, READ_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                return
            self._output.feed(chunk)
            left -= len(chunk)


@contextlib.contextmanager
def _exit_descriptor(pid: int) -> Iterator[int | None]:
    """A descriptor that becomes readable when ``pid`` ends, or None where the kernel has none."""
    descriptor: int | None = None
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # an old kernel, or a sandbox that forbids it: polling does as well
            descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)
