"""Keeps two runs of this machine from measuring the same baseline at the same time."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator

from autopack_executor.adapters.home import Home
from autopack_executor.adapters.lock import held
from autopack_results.suite_run import BaselineKey


class FileBaselineLocks:
    """Implements ``ports.BaselineLocks`` by a lock file per key in ``home.locks``."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @contextlib.contextmanager
    def held(self, key: BaselineKey, *, cancel: threading.Event, on_wait: Callable[[], None]) -> Iterator[None]:
        """See ``ports.BaselineLocks.held``."""
        parts = (key.tree, key.environment_fingerprint, key.command_digest, key.recorder_version)
        name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
        with held(self._home.locks / f"baseline-{name}.lock", cancel=cancel, on_wait=on_wait):
            yield
