"""Advisory file locks. The kernel frees them when their holder dies, however it dies."""

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from autopack_model.errors import Cancelled

RETRY_S = 0.1


def try_lock(path: Path) -> int | None:
    """Lock ``path`` (created when missing) and return the descriptor that holds the lock, or None when it is taken.

    A lock on a file that was unlinked or replaced meanwhile protects nothing, so it counts as taken.
    """
    return _try(path, fcntl.LOCK_EX)


def try_shared_lock(path: Path) -> int | None:
    """The same for a lock that others may share."""
    return _try(path, fcntl.LOCK_SH)


@contextlib.contextmanager
def held(path: Path, *, cancel: threading.Event, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock on ``path``, waiting for it as long as it takes; ``on_wait`` is called once when there is a wait.

    Raises Cancelled when ``cancel`` is set first.
    """
    descriptor = try_lock(path)
    if descriptor is None:
        on_wait()
    while descriptor is None:
        if cancel.wait(RETRY_S):
            raise Cancelled(f"cancelled while waiting for the lock {path}", subject=str(path))
        descriptor = try_lock(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _try(path: Path, kind: int) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
