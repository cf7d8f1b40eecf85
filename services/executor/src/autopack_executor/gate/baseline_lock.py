"""`FileBaselineLocks`: one lock file per baseline key in the executor's state directory."""

import hashlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from autopack_executor.workspace.lock import held
from autopack_model.baseline.value import BaselineKey


class FileBaselineLocks:
    """Implements ``ports.BaselineLocks`` for the executors of one machine that share ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def held(
        self, key: BaselineKey, *, cancel: threading.Event, on_wait: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Hold the lock of ``key``. Raises Cancelled."""
        name = hashlib.sha256(
            "\0".join((key.tree, key.environment_fingerprint, key.command_digest, key.recorder_version)).encode()
        ).hexdigest()
        return held(self._folder / f"baseline-{name[:32]}", cancel=cancel, on_wait=on_wait)
