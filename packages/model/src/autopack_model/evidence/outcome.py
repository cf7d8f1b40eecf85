"""States of a test on one side, and the detail kept for a test that did not simply pass."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from autopack_model.labels import Labelled
from autopack_model.text import check_ascending


class _NoTest:
    """Keeps pytest from taking a class for a test because of its name."""

    __test__ = False


class TestState(_NoTest, Labelled):
    """The state of a test on a side, folded over its executions.

    The number is both the byte in a states column and the number in ``autopack.results.v1.TestState``.
    PARTLY_MUTED passed but for subtests that were skipped or failed as expected. UNCOLLECTED and ABSENT never stand in
    a column: they only exist beside the other side, in the delta.
    """

    PASSED = 1
    XPASSED = 2
    FAILED = 3
    ERRORED = 4
    CRASHED = 5
    TIMED_OUT = 6
    SKIPPED = 7
    XFAILED = 8
    FLAKY = 9
    NOT_RUN = 10
    PARTLY_MUTED = 11


GOOD = frozenset({TestState.PASSED, TestState.XPASSED})
BAD = frozenset({TestState.FAILED, TestState.ERRORED, TestState.CRASHED, TestState.TIMED_OUT})
MUTED = frozenset({TestState.SKIPPED, TestState.XFAILED})

_PASSING = GOOD | {TestState.PARTLY_MUTED}

# Within one kind, the state that says most about what went wrong stands for the test.
_STRENGTH = (
    TestState.CRASHED,
    TestState.TIMED_OUT,
    TestState.FAILED,
    TestState.ERRORED,
    TestState.PASSED,
    TestState.XPASSED,
    TestState.PARTLY_MUTED,
    TestState.XFAILED,
    TestState.SKIPPED,
    TestState.FLAKY,
    TestState.NOT_RUN,
)


def fold(executions: Iterable[TestState]) -> TestState:
    """Fold the states of a test's executions into one (docs/rules.md).

    Executions that disagree between good and bad are FLAKY, and one that is partly muted counts as good there; no
    execution is NOT_RUN; otherwise the strongest state stands: bad over good over partly muted over muted.
    """
    seen = set(executions)
    if TestState.FLAKY in seen or (seen & _PASSING and seen & BAD):
        return TestState.FLAKY
    return next((state for state in _STRENGTH if state in seen), TestState.NOT_RUN)


class Stage(enum.IntEnum):
    """The part of a test's protocol that produced its state. Numbers as in ``autopack.results.v1.Stage``."""

    SETUP = 1
    CALL = 2
    TEARDOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TestDetail:
    """What is kept of a test that did not simply pass, besides its state.

    ``index`` points into the suite run's sorted test ids. ``signature`` is a stable hash (16 hex digits) of exception
    type and normalised location and message; empty for states without a failure. ``message`` holds at most
    MAX_MESSAGE characters. ``executions`` counts how often the test ran (0 for NOT_RUN). ``muted_subtests`` names the
    subtests that were skipped or failed as expected, strictly ascending, else raises InvalidValue.
    """

    __test__ = False

    index: int
    stage: Stage
    message: str
    signature: str
    executions: int
    muted_subtests: tuple[str, ...]

    def __post_init__(self) -> None:
        check_ascending(self.muted_subtests, "details.muted_subtests")


MAX_MESSAGE = 4096

MAX_RERUNS = 255
"""What a byte of a reruns column says at most: so often, or more often, a plugin may run a test again."""
