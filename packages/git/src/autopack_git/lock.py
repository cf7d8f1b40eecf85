"""One lock per repository, shared by every thread and process of this machine that has the same state directory."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autopack_git.errors import GitFailed


@contextmanager
def repository_lock(state: Path, common_dir: Path) -> Iterator[None]:
    """Hold the lock of the repository whose shared git directory is ``common_dir``.

    It is a file in ``state``, outside the repository. The kernel releases it when its holder dies. Hold it for short
    git commands only: whoever comes next waits. Raises GitFailed when the file cannot be made.
    """
    name = hashlib.sha256(os.fsencode(os.path.realpath(common_dir))).hexdigest()
    path = state / "locks" / f"{name}.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A descriptor of its own per holder, so that threads of one process exclude each other too.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise GitFailed(
            f"the lock file {path} cannot be opened: {error}; make {state} writable", subject=str(path)
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
