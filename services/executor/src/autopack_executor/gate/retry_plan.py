"""How often newly bad tests are run again, and on which side (docs/decisions/0029): a policy without any IO."""

from collections.abc import Iterable, Mapping
from functools import cache
from math import log2
from typing import Final

from autopack_model.decision.newly_bad import NewlyBad
from autopack_model.evidence.outcome import BAD, TestState, fold
from autopack_model.identity.value import Side

LEAST_ON_HEAD: Final = 2
"""A test of head that was bad has so many retries to pass in, and a new test, which base says nothing of, no more."""

MOST_ON_HEAD: Final = 5
MOST_ON_BASE: Final = 5
"""What it takes where nothing is known of the base but its suite run."""

MOST_ON_BASE_IF_FLAKY: Final = 15
"""A test that is flaky on head has so many, those of earlier attempts included: it is more likely that the base is no
better, so look longer."""

DOUBT: Final = 12
"""A test is worse on head when a test that is the same on both sides would show what was seen once in 2^12 times at
most, at whatever rate it fails."""


@cache
def retries_to_blame(known: int) -> tuple[int, int]:
    """How often a test has to fail again on head, and to pass again on base, before it counts as worse.

    ``known`` retries of the base passed in earlier attempts. The fewest in all, and of these the most on head; at least
    one is on base, which says whether a stored baseline still holds.
    """
    pairs = ((head, base) for head in range(LEAST_ON_HEAD, MOST_ON_HEAD + 1) for base in range(1, MOST_ON_BASE + 1))
    enough = (pair for pair in pairs if _doubt(1 + pair[0], 1 + known + pair[1]) >= DOUBT)
    return min(enough, key=lambda pair: (sum(pair), -pair[0]))


def _doubt(failures: int, passes: int) -> float:
    """``n`` where one outcome of 2^n is ``failures`` on one side and ``passes`` on the other, at the failure rate that
    makes it most likely.
    """
    runs = failures + passes
    return failures * log2(runs / failures) + passes * log2(runs / passes)


class RetryPlan:
    """Which tests are still open. A test of head is open until it passes once, one of base until it fails once."""

    def __init__(self, tests: Iterable[NewlyBad]) -> None:
        self._tests = {test.head_id: test for test in tests}
        self._head = {test.head_id: test.head_state for test in self._tests.values()}
        self._base = {
            test.base_id: test.base_state
            for test in self._tests.values()
            if test.base_id is not None and test.base_state is not None
        }
        self._runs: dict[tuple[Side, str], int] = {}
        self._retried_on_base: dict[str, TestState] = {}

    def open(self, side: Side) -> tuple[str, ...]:
        """The ids of the tests to run in the next retry on ``side``, ascending. Those of head are to be closed first:
        what they come to says how long base is looked at.
        """
        if side is Side.HEAD:
            found = (name for name, test in self._tests.items() if self._open_on_head(test))
        else:
            found = (test.base_id for test in self._tests.values() if test.base_id and self._open_on_base(test))
        return tuple(sorted(found))

    def take(self, side: Side, asked: Iterable[str], states: Mapping[str, TestState]) -> None:
        """Note a retry of the tests ``asked``. ``states`` has what it showed, nothing where it proves nothing."""
        known = self._head if side is Side.HEAD else self._base
        for name in asked:
            self._runs[side, name] = self._tried(side, name) + 1
        for name in states.keys() & known.keys():
            known[name] = fold((known[name], states[name]))
            if side is Side.BASE:
                earlier = self._retried_on_base.get(name, TestState.NOT_RUN)
                self._retried_on_base[name] = fold((earlier, states[name]))

    @property
    def fail_on_both(self) -> bool:
        """Whether a test is bad on head however often it is run, and bad in the retries of base, though base's suite
        run says otherwise. Where that was a stored baseline, it is out of date.
        """
        return any(
            self._head[test.head_id] in BAD and self._retried_on_base.get(test.base_id or "") in BAD
            for test in self._tests.values()
        )

    def _open_on_head(self, test: NewlyBad) -> bool:
        if self._head[test.head_id] not in BAD:
            return False
        if test.base_id is None:
            most = LEAST_ON_HEAD
        elif self._base[test.base_id] in _WORSE:
            most = MOST_ON_HEAD  # base is known to be flaky: only a pass tells what head is
        else:
            most, _ = retries_to_blame(test.base_retries)
        return self._tried(Side.HEAD, test.head_id) < most

    def _open_on_base(self, test: NewlyBad) -> bool:
        if test.base_id is None or self._base[test.base_id] in _WORSE:
            return False
        if self._head[test.head_id] is TestState.FLAKY:
            most = max(1, MOST_ON_BASE_IF_FLAKY - test.base_retries)
        else:
            _, most = retries_to_blame(test.base_retries)
        return self._tried(Side.BASE, test.base_id) < most

    def _tried(self, side: Side, name: str) -> int:
        return self._runs.get((side, name), 0)


_WORSE = BAD | {TestState.FLAKY}
