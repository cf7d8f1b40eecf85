"""Work that is done again and again beside everything else."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import structlog

_log = structlog.get_logger("executor")


@contextlib.contextmanager
def repeated(work: Callable[[], None], *, every_s: float) -> Iterator[None]:
    """Do ``work`` every so many seconds inside the block, in a thread of its own; on exit what is begun is finished.

    What it raises is logged, and it is done again.
    """
    stopped = threading.Event()

    def go_on() -> None:
        while not stopped.wait(every_s):
            try:
                work()
            except Exception:  # noqa: BLE001 - the next time may work
                _log.exception("work in the background failed")

    thread = threading.Thread(target=go_on, name="periodic")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
