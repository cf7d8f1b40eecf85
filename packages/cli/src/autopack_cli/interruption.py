"""SIGINT, SIGTERM and SIGHUP: the first one stops the command, at a point where it can stop cleanly."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked the command to stop. Like KeyboardInterrupt, no ``except Exception`` may hold it up."""


class Interruption:
    """Turns the first signal into Interrupted; further ones change nothing, so that they cannot break the clean-up."""

    def __init__(self) -> None:
        self._asked = False
        self._raised = False
        self._held_back = False

    def install(self) -> None:
        """Handle the signals from here to the end of the process; those that the caller had ignored stay ignored."""
        self._asked = self._raised = self._held_back = False
        for number in _NUMBERS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._ask)

    def check(self) -> None:
        """Raise Interrupted when a signal came and nobody has been told yet."""
        if self._asked and not self._raised:
            self._raised = True
            raise Interrupted

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Only note signals inside the block, so that they cut nothing off; ``check`` raises Interrupted afterwards."""
        before, self._held_back = self._held_back, True
        try:
            yield
        finally:
            self._held_back = before

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        if not self._held_back:
            self.check()


# Signals belong to the process, and so does this.
interruption = Interruption()
