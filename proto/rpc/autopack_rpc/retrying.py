"""When a channel asks again: UNAVAILABLE, a few times, with growing, jittered pauses, within the call's deadline.

gRPC's own repetition is switched off: it sends client streams again with messages missing (docs/decisions/0008). A call
whose answer has begun is not repeated, and an upload only when its parts can be made anew: ``Repeatable``.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import grpc

PartT = TypeVar("PartT")

ATTEMPTS = 4
"""How often a call is made at most."""

FIRST_PAUSE = 0.1
"""Seconds before the second attempt, on average; each further pause is twice as long."""

JITTER = 0.2
"""The share by which a pause is longer or shorter."""

PUSHBACK_KEY = "grpc-retry-pushback-ms"
NO_RETRY = (PUSHBACK_KEY, "-1")
"""What a server adds to a refusal that the caller had better not repeat."""

CHANNEL_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.enable_retries", 0),
    # A lost connection is tried again as quickly as the calls are; a server that comes back is found within seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5000),
)


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
    """The attempts of one call that has ``timeout`` seconds in all."""

    timeout: float
    made: int = 1
    _deadline: float = 0.0

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.timeout

    @property
    def remaining(self) -> float:
        """Seconds that are left of the call; never less than none."""
        return max(0.0, self._deadline - time.monotonic())

    def again(self, failure: grpc.Call) -> bool:
        """Whether the call that failed is to be made again; the pause before it is over then."""
        if failure.code() is not grpc.StatusCode.UNAVAILABLE or self.made >= ATTEMPTS or _pushed_back(failure):
            return False
        pause = FIRST_PAUSE * 2 ** (self.made - 1) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        if pause >= self.remaining:
            return False
        time.sleep(pause)
        self.made += 1
        return True


def _pushed_back(failure: grpc.Call) -> bool:
    return any(key == PUSHBACK_KEY for key, _ in failure.trailing_metadata() or ())
