"""Finding and ending processes that are no longer, or never were, our direct children."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

MARKER = "AUTOPACK_RUN_MARKER"
PROC = Path("/proc")
PATIENCE_S = 5.0
PASS_S = 0.01


def start_time(pid: int) -> str | None:
    """When process ``pid`` started, as an opaque text that no other process ever shares; None when it does not run.

    On Linux: boot id and clock ticks since boot. Elsewhere: what ``ps`` says. A zombie does not run.
    """
    if sys.platform != "linux":
        listed = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        return None if not listed or listed.startswith("Z") else listed.partition(" ")[2].strip()
    try:
        stat = (PROC / str(pid) / "stat").read_text(errors="replace")
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name is in parentheses and may itself hold anything; state is the first field after it.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else f"{boot}:{fields[19]}"


def kill_group(pgid: int, number: signal.Signals) -> None:
    """Send a signal to every process of a group; a group that is gone is fine."""
    try:
        os.killpg(pgid, number)
    except (ProcessLookupError, PermissionError):
        # macOS answers EPERM for a group of which only the zombie leader is left.
        return


def marked(marker: str) -> list[int]:
    """The running processes whose environment carries a marker that starts with ``marker``, ascending.

    Linux only; elsewhere the list is empty and the process group is all that can be ended.
    """
    return sorted(marked_among(_process_ids(), marker))


def kill_marked(marker: str) -> None:
    """End every process that carries ``marker``, also those that are started while this looks.

    A process that survives SIGKILL for PATIENCE_S (uninterruptible IO) is left to the kernel, which ends it when the
    IO returns.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (pids := marked(marker)) and time.monotonic() < deadline:
        for pid in pids:
            _kill_if_marked(pid, marker)
        time.sleep(PASS_S)


def _kill_if_marked(pid: int, marker: str) -> None:
    """Kill ``pid`` unless its number was given to another process since it was looked at."""
    if sys.platform != "linux":
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if pid in marked_among((pid,), marker):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        os.close(descriptor)


def marked_among(pids: Iterable[int], marker: str) -> list[int]:
    """Those of ``pids`` that carry a marker starting with ``marker``."""
    wanted = f"{MARKER}={marker}".encode()
    found = []
    for pid in pids:
        try:
            variables = (PROC / str(pid) / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if variables.startswith(wanted) or b"\0" + wanted in variables:
            found.append(pid)
    return found


def _process_ids() -> list[int]:
    try:
        return [int(entry.name) for entry in os.scandir(PROC) if entry.name.isdigit()]
    except FileNotFoundError:
        return []
