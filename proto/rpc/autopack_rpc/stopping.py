"""How a service waits for its end: until SIGTERM or SIGINT."""

import signal
import threading
from collections.abc import Callable

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOOK_SECONDS = 0.5


def on_stop_signal() -> Callable[[], None]:
    """Take the stop signals over, from the main thread; the function returned waits until one has come.

    The wait looks up twice a second: a signal that the system gives to a thread of gRPC does not wake the main thread,
    and blocking it in the other threads instead would block it in every child process too.
    """
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())

    def wait() -> None:
        while not stop.wait(_LOOK_SECONDS):
            pass

    return wait
