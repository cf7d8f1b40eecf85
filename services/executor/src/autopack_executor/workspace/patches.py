"""`ReceivedPatches`: the patches that were sent for runs, a file each, named by its digest.

::

    patches/<hex digits of the digest>    touched at each upload; whole, or not there
"""

import contextlib
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from autopack_executor.errors import ExecutorError, PatchMissing, PatchRefused
from autopack_executor.workspace.announced import write_announced
from autopack_executor.workspace.home import Home
from autopack_model.errors import Cancelled
from autopack_model.patch.value import PatchUpload

KEEP_S: Final = 86_400.0
MOST_BYTES: Final = 1024 * 1024 * 1024


class ReceivedPatches:
    """Implements ``ports.Patches`` below ``home``; ``clock_s`` tells the seconds since the epoch."""

    def __init__(self, home: Home, clock_s: Callable[[], float] = time.time, *, most_bytes: int = MOST_BYTES) -> None:
        self._home = home
        self._clock_s = clock_s
        self._most_bytes = most_bytes

    def receive(self, upload: PatchUpload, chunks: Iterator[bytes], *, cancel: threading.Event) -> bool:
        """See ``ports.Patches.receive``."""
        try:
            return self._receive(upload, chunks, cancel)
        except OSError as error:
            raise ExecutorError(
                f"the patch {upload.digest} cannot be kept in {self._home.patches}: {error.strerror or error}; check "
                "the executor's disk",
                subject=upload.digest,
            ) from error

    def read(self, digest: str) -> bytes:
        """See ``ports.Patches.read``."""
        try:
            patch = self._place(digest).read_bytes()
        except FileNotFoundError:
            raise PatchMissing(
                f"there is no patch {digest}; send it again, the executor drops it after a day", subject=digest
            ) from None
        except OSError as error:
            raise ExecutorError(
                f"the patch {digest} cannot be read: {error.strerror or error}; check the executor's disk",
                subject=digest,
            ) from error
        if f"sha256:{hashlib.sha256(patch).hexdigest()}" != digest:
            self._place(digest).unlink(missing_ok=True)
            raise PatchMissing(f"the patch {digest} was damaged on the executor's disk; send it again", subject=digest)
        return patch

    def drop_unused(self) -> tuple[str, ...]:
        """Drop what came more than a day ago and, while all takes too much disk space, what came first. Returns the
        names of what went, sorted.
        """
        found = []
        for path in self._home.patches.iterdir():
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                found.append((status.st_mtime, path, status.st_size))
        total = sum(size for _, _, size in found)
        gone = []
        for came, path, size in sorted(found):
            if total > self._most_bytes or self._clock_s() - came > KEEP_S:
                path.unlink(missing_ok=True)
                total -= size
                gone.append(path.name)
        return tuple(sorted(gone))

    def _receive(self, upload: PatchUpload, chunks: Iterator[bytes], cancel: threading.Event) -> bool:
        place = self._place(upload.digest)
        with contextlib.suppress(FileNotFoundError):
            os.utime(place)
            return True
        self.drop_unused()
        making = self._home.patches / f"new-{secrets.token_hex(8)}"
        try:
            write_announced(making, upload, chunks, noun="patch", refused=PatchRefused)
            if cancel.is_set():
                raise Cancelled(f"the sender of {upload.digest} has gone", subject=upload.digest)
            making.rename(place)
        finally:
            making.unlink(missing_ok=True)
        return False

    def _place(self, digest: str) -> Path:
        return self._home.patches / digest.removeprefix("sha256:")
