"""What the executor is asked to run on one side, and what it knows while that runs."""

import enum
from dataclasses import dataclass
from pathlib import Path

from autopack_results.identity import Side
from autopack_results.outcome import TestDetail
from autopack_results.suite_run import Environment, RecorderFacts, SetupFacts, TreeBinding
from autopack_results.test_ids import TestIds


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCommand:
    """The operator's test command: pytest arguments, interpreter, optional setup command, time-out in seconds.

    ``interpreter`` is a Python executable or the root of a virtual environment; None leaves it to the executor. The
    time-out bounds the suite and, separately, the setup command.
    """

    __test__ = False

    interpreter: Path | None
    arguments: tuple[str, ...]
    setup: str | None
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedEnvironment:
    """An interpreter that is ready to run the suite of one side.

    ``variables`` is the child's whole environment but for what belongs to one suite run. When ``setup`` is present and
    did not exit with 0 the suite must not be started; ``environment.pytest_version`` is then empty.
    """

    python: Path
    variables: dict[str, str]
    environment: Environment
    setup: SetupFacts | None

    @property
    def usable(self) -> bool:
        """Whether the suite can be started."""
        return self.setup is None or self.setup.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What one event stream of the recorder amounts to: facts, and the columns of the evidence."""

    facts: RecorderFacts
    binding: TreeBinding
    test_ids: TestIds
    states: bytes
    durations: bytes
    details: tuple[TestDetail, ...]


class Activity(enum.IntEnum):
    """What a run is doing at the moment. Numbers as in ``autopack.executor.v1.Activity``."""

    PREPARING = 1
    WAITING = 2
    SETTING_UP = 3
    COLLECTING = 4
    TESTING = 5
    RECORDING = 6
    DECIDING = 7
    CLEANING = 8

    @property
    def label(self) -> str:
        """The lower-case name used in messages."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One progress report. ``side`` is None for what concerns both; counts are those of the side so far."""

    activity: Activity
    side: Side | None
    collected: int
    done: int
    failures: int
    message: str
