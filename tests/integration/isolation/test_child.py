"""A child ends as it says, in time, and leaves nothing behind."""

import signal
import threading
import time
from pathlib import Path

import pytest

from autopack_executor.errors import EvidenceNotWritten
from autopack_executor.isolation.output_log import HEAD_BYTES, TAIL_BYTES
from autopack_executor.workspace import processes
from autopack_executor.workspace.folders import Workspace
from autopack_model.identity.value import Side
from tests.integration.isolation.conftest import RunPython

# Starts a grandchild in the group and a daemon in a session of its own, and writes their numbers to a file.
FAMILY = """
import os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
kin = subprocess.Popen(sleep)
daemon = subprocess.Popen(sleep, start_new_session=True)
with open("pids.tmp", "w") as stream:
    stream.write(f"{kin.pid} {daemon.pid}")
os.rename("pids.tmp", "pids")
"""


def pids_of(workspace: Workspace) -> list[int]:
    """The numbers that FAMILY wrote."""
    return [int(pid) for pid in (workspace.side(Side.HEAD).tree / "pids").read_text().split()]


def running(pids: list[int]) -> list[int]:
    """Those of ``pids`` that run."""
    return [pid for pid in pids if processes.start_time(pid) is not None]


def test_exit_code(workspace: Workspace, run_python: RunPython) -> None:
    """The exit code is the command's own."""
    ended = run_python(workspace.side(Side.HEAD), "raise SystemExit(5)")

    assert (5, None, False, False) == (ended.exit_code, ended.signal, ended.timed_out, ended.cancelled)
    assert ended.started_at_ms <= ended.ended_at_ms


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_signal(workspace: Workspace, run_python: RunPython, number: signal.Signals) -> None:
    """A death by signal is seen as that signal, not as an exit code, through every wrapper."""
    ended = run_python(workspace.side(Side.HEAD), f"import os; os.kill(os.getpid(), {number.value})")

    assert (None, number.value) == (ended.exit_code, ended.signal)


def test_time_out_kills_all(workspace: Workspace, run_python: RunPython) -> None:
    """A time-out ends the command, its grandchildren and a daemon that left the session."""
    ended = run_python(workspace.side(Side.HEAD), FAMILY + "time.sleep(300)", timeout_s=1.5)

    assert (True, False, None) == (ended.timed_out, ended.cancelled, ended.exit_code)
    assert [] == running(pids_of(workspace))
    assert ended.ended_at_ms - ended.started_at_ms < 10_000


def test_time_out_of_the_deaf(workspace: Workspace, run_python: RunPython) -> None:
    """A command that ignores SIGTERM is killed after the grace."""
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"

    ended = run_python(workspace.side(Side.HEAD), code, timeout_s=0.5)

    assert (True, signal.SIGKILL) == (ended.timed_out, ended.signal)


def test_end_does_not_wait_for_the_pipe(workspace: Workspace, run_python: RunPython) -> None:
    """A daemon that holds the output open neither delays the end nor survives it."""
    ended = run_python(workspace.side(Side.HEAD), FAMILY)

    assert 0 == ended.exit_code
    assert [] == running(pids_of(workspace))


def test_group_is_ended_without_marker(workspace: Workspace, run_python: RunPython) -> None:
    """A grandchild that cleared its environment is ended with its group."""
    code = FAMILY.replace("Popen(sleep)", "Popen(sleep, env={})")

    run_python(workspace.side(Side.HEAD), code)

    assert [] == running(pids_of(workspace))


def test_cancel(workspace: Workspace, run_python: RunPython) -> None:
    """A cancelled command is ended with all its family, and the exit says that it was cancelled."""
    cancel = threading.Event()

    def cancel_when_it_runs() -> None:
        if (workspace.side(Side.HEAD).tree / "pids").exists():
            cancel.set()

    ended = run_python(
        workspace.side(Side.HEAD), FAMILY + "time.sleep(300)", cancel=cancel, on_tick=cancel_when_it_runs
    )

    assert (True, False) == (ended.cancelled, ended.timed_out)
    assert [] == running(pids_of(workspace))


def test_observer_that_raises(workspace: Workspace, run_python: RunPython) -> None:
    """What the observer raises comes out, and the command is dead by then."""

    def observe() -> None:
        if (workspace.side(Side.HEAD).tree / "pids").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_python(workspace.side(Side.HEAD), FAMILY + "time.sleep(300)", on_tick=observe)

    assert [] == running(pids_of(workspace))


def test_flood(workspace: Workspace, run_python: RunPython) -> None:
    """Output of any length is kept up to a bound, its beginning and its end, and the log says what is missing."""
    code = "import sys; print('first'); sys.stdout.write('x' * 20 * 1024 * 1024); print('last')"

    ended = run_python(workspace.side(Side.HEAD), code)

    kept = (workspace.side(Side.HEAD).out / "log").read_bytes()
    assert 0 == ended.exit_code
    assert kept.startswith(b"first\n")
    assert kept.endswith(b"xlast\n")
    assert b"bytes of output are not kept here" in kept
    assert len(kept) < HEAD_BYTES + TAIL_BYTES + 100


def test_daemon_that_writes_for_ever(workspace: Workspace, run_python: RunPython) -> None:
    """A daemon that floods the pipe without our marker cannot keep the end away."""
    code = """
import os, subprocess, sys
flood = subprocess.Popen(["env", "-i", "setsid", "-f", "timeout", "20", "yes"])
flood.wait()
"""
    started = time.monotonic()

    ended = run_python(workspace.side(Side.HEAD), code)

    assert 0 == ended.exit_code
    assert time.monotonic() - started < 10


def test_stdin_is_empty(workspace: Workspace, run_python: RunPython) -> None:
    """A command that reads its input finds it empty."""
    ended = run_python(workspace.side(Side.HEAD), "import sys; sys.exit(len(sys.stdin.read()))")

    assert 0 == ended.exit_code


def test_log_that_cannot_be_written(workspace: Workspace, run_python: RunPython) -> None:
    """A log that cannot be written is an error of the evidence, with the file's name, and the command is ended."""
    (workspace.side(Side.HEAD).out / "log").mkdir()

    with pytest.raises(EvidenceNotWritten) as caught:
        run_python(workspace.side(Side.HEAD), "print(1)")

    assert str(workspace.side(Side.HEAD).out / "log") == caught.value.subject


def test_full_disk(workspace: Workspace, run_python: RunPython) -> None:
    """A disk that fills up while output is written is an error of the evidence."""
    (workspace.side(Side.HEAD).out / "log").symlink_to(Path("/dev/full"))

    with pytest.raises(EvidenceNotWritten, match="No space left"):
        run_python(workspace.side(Side.HEAD), "print(1)")


def test_marker_of_another_child_is_left_alone(workspace: Workspace, run_python: RunPython) -> None:
    """The end of one child does not end what another child of the run still does."""
    base, head = workspace.side(Side.BASE), workspace.side(Side.HEAD)
    seen: list[int | None] = []

    def run_beside() -> None:
        if not seen and (head.tree / "pids").exists():
            seen.append(run_python(base, "pass").exit_code)
            seen.append(len(running(pids_of(workspace))))
            (head.tree / "go").touch()

    wait = "\nimport pathlib\nwhile not pathlib.Path('go').exists(): time.sleep(0.05)"
    ended = run_python(head, FAMILY + wait, on_tick=run_beside)

    assert [0, 2] == seen
    assert 0 == ended.exit_code
