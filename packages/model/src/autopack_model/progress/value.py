"""What the executor is asked to run on one side, and what it knows while that runs."""

from dataclasses import dataclass

from autopack_model.identity.value import Side
from autopack_model.labels import Labelled


class Activity(Labelled):
    """What a run is doing at the moment. Numbers as in ``autopack.executor.v1.Activity``."""

    PREPARING = 1
    WAITING = 2
    SETTING_UP = 3
    COLLECTING = 4
    TESTING = 5
    RECORDING = 6
    DECIDING = 7
    CLEANING = 8
    RETRYING = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One progress report. ``side`` is None for what concerns both; counts are those of the side so far."""

    activity: Activity
    side: Side | None
    collected: int
    done: int
    failures: int
    message: str
