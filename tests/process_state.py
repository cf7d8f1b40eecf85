"""What a command that runs in the tests' own process changes for all that comes after it in this process."""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def process_state_kept() -> Iterator[None]:
    """Leave the logs, the hooks for exceptions that nobody caught and the signal handlers as they were.

    A log that was bound to a test's captured standard error would write to a closed file in the next test.
    """
    logs = structlog.get_config()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hook, thread_hook = sys.excepthook, threading.excepthook
    signals = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        structlog.configure(**logs)
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook = hook, thread_hook
        for number, handler in signals.items():
            signal.signal(number, handler)
