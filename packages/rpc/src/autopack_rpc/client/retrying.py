"""When a channel asks again: UNAVAILABLE, with growing, jittered pauses, within its patience and the call's deadline.

gRPC's own repetition is switched off: it sends client streams again with messages missing (docs/decisions/0008). A call
whose answer has begun is not repeated, and an upload only when its parts can be made anew: ``Repeatable``.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import grpc

PartT = TypeVar("PartT")

ATTEMPTS = 4
"""How often a call is made at most, where nothing else was asked for."""

FIRST_PAUSE = 0.1
"""Seconds before the second attempt, on average; each further pause is twice as long."""

LONGEST_PAUSE = 2.0
"""Seconds, on average, at which pauses stop growing: somebody who comes back is noticed within that time."""

JITTER = 0.2
"""The share by which a pause is longer or shorter."""

PUSHBACK_KEY = "grpc-retry-pushback-ms"
NO_RETRY = (PUSHBACK_KEY, "-1")
"""What a server adds to a refusal that a caller who counts its attempts had better not repeat."""

CHANNEL_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.enable_retries", 0),
    # A lost connection is tried again as quickly as the calls are; a server that comes back is found within seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # Also how long one attempt to connect may take: a network that is cut swallows it without a word.
    ("grpc.min_reconnect_backoff_ms", 5000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call to somebody unavailable is made again: ``attempts`` times in all (None: any number), and none
    begins more than ``seconds`` after the first.
    """

    seconds: float
    attempts: int | None

    @staticmethod
    def lasting(seconds: float) -> "Patience":
        """Any number of attempts within ``seconds``. Raises ValueError unless these are a finite number, 0 or more."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"patience of {seconds} seconds; it needs an end")
        return Patience(seconds=seconds, attempts=None)

    @property
    def heeds_pushback(self) -> bool:
        """Whether a server's NO_RETRY ends it. What is bounded by time is: repeating cannot multiply along the way."""
        return self.attempts is not None


BRIEF = Patience(seconds=math.inf, attempts=ATTEMPTS)
"""Somebody absent is said to be absent within a second."""

ONCE = Patience(seconds=0.0, attempts=1)
"""Nothing is repeated."""


class Repeatable(Iterator[PartT], Generic[PartT]):
    """The parts of an upload, which ``make`` can make from their beginning as often as they are needed."""

    def __init__(self, make: Callable[[], Iterator[PartT]]) -> None:
        self._make = make
        self._parts = make()

    def __next__(self) -> PartT:
        return next(self._parts)

    def again(self) -> "Repeatable[PartT]":
        """The same parts from their beginning."""
        return Repeatable(self._make)


@dataclass(slots=True)
class Repetition:
    """The attempts of one call that has ``timeout`` seconds in all. ``closing`` ends the pauses: no more are made."""

    timeout: float
    patience: Patience = BRIEF
    closing: threading.Event = field(default_factory=threading.Event)
    made: int = 1
    _begun: float = field(default_factory=time.monotonic)

    @property
    def remaining(self) -> float:
        """Seconds that are left of the call; never less than none."""
        return self._left(self.timeout)

    def again(self, failure: grpc.Call) -> bool:
        """Whether the call that failed is to be made again; the pause before it is over then."""
        if failure.code() is not grpc.StatusCode.UNAVAILABLE:
            return False
        if self.patience.attempts is not None and self.made >= self.patience.attempts:
            return False
        if self.patience.heeds_pushback and _pushed_back(failure):
            return False
        # 2**10 pauses are long past the longest one; the exponent need not grow for ever.
        average = min(FIRST_PAUSE * 2 ** min(self.made - 1, 10), LONGEST_PAUSE)
        pause = average * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        if pause >= self._left(min(self.timeout, self.patience.seconds)) or self.closing.wait(pause):
            return False
        self.made += 1
        return True

    def _left(self, seconds: float) -> float:
        return max(0.0, self._begun + seconds - time.monotonic())


def _pushed_back(failure: grpc.Call) -> bool:
    return any(key == PUSHBACK_KEY for key, _ in failure.trailing_metadata() or ())
