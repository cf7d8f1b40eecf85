"""How a service comes to its end: on SIGTERM or SIGINT in good order, on a second one at once."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

import structlog

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LINGER_SECONDS = 1.0


def on_stop_signal() -> Callable[[], None]:
    """Take the stop signals over, from the main thread; the function returned waits until one has come. A second one
    ends the process at once, with 128 and its number.

    A thread reads what Python's own handler writes down at any time and in whatever thread the system delivers the
    signal, so that nothing depends on what the main thread is doing. Nor on what the signals do by default, which for
    the first process of a container is nothing.
    """
    stop = threading.Event()
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: None)

    def read() -> None:
        with writing:  # kept for as long as it is read
            while True:
                for number in reading.recv(16):
                    if number in STOP_SIGNALS:
                        if stop.is_set():
                            _end(128 + number)
                        stop.set()

    threading.Thread(target=read, name="stop-signals", daemon=True).start()

    def wait() -> None:
        stop.wait()

    return wait


def leave(code: int) -> NoReturn:
    """End the process with ``code``, also when calls that were cut off left threads that do not end."""

    def say() -> None:
        structlog.get_logger().warning("calls that were cut off still run; the process ends without them")

    last_resort = threading.Timer(_LINGER_SECONDS, _end, (code, say))
    last_resort.daemon = True
    last_resort.start()
    _flush_streams()
    sys.exit(code)


def _end(code: int, say: Callable[[], None] = lambda: None) -> NoReturn:
    """End the process at once. Its last words have a moment: a pipe that is full and that nobody reads takes none."""

    def last_words() -> None:
        say()
        _flush_streams()

    speaking = threading.Thread(target=last_words, name="last-words", daemon=True)
    speaking.start()
    speaking.join(_LINGER_SECONDS)
    os._exit(code)


def _flush_streams() -> None:
    """Write what is left in the standard streams. What cannot be written is let go: it would keep a process from its
    end, or give it Python's exit code for that instead of its own.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
