"""How often newly bad tests are run again, and on which side (docs/decisions/0024): a policy without any IO."""

from collections.abc import Iterable, Mapping
from typing import Final

from autopack_model.decision.newly_bad import NewlyBad
from autopack_model.evidence.outcome import BAD, TestState, fold
from autopack_model.identity.value import Side

MOST_ON_HEAD: Final = 5
"""A test of head that was bad in so many retries, too, is bad."""

MOST_ON_BASE: Final = 5
"""A test that is bad on head has so many retries to show the same on base."""

MOST_ON_BASE_IF_FLAKY: Final = 15
"""A test that is flaky on head has so many: it is more likely that the base is no better, so look longer."""


class RetryPlan:
    """Which tests are still open. A test of head is open until it passes once, one of base until it fails once."""

    def __init__(self, tests: Iterable[NewlyBad]) -> None:
        self._tests = tuple(tests)
        self._head = {test.head_id: test.head_state for test in self._tests}
        self._base = {
            test.base_id: test.base_state
            for test in self._tests
            if test.base_id is not None and test.base_state is not None
        }
        self._runs: dict[tuple[Side, str], int] = {}
        self._retried_on_base: dict[str, TestState] = {}

    def open(self, side: Side) -> tuple[str, ...]:
        """The ids of the tests to run in the next retry on ``side``, ascending. Those of head are to be closed first:
        what they come to says how long base is looked at.
        """
        if side is Side.HEAD:
            found = (
                name for name, state in self._head.items() if state in BAD and self._tried(side, name) < MOST_ON_HEAD
            )
        else:
            found = (test.base_id for test in self._tests if test.base_id is not None and self._open_on_base(test))
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
            for test in self._tests
        )

    def _open_on_base(self, test: NewlyBad) -> bool:
        if test.base_id is None or self._base[test.base_id] in BAD | {TestState.FLAKY}:
            return False
        flaky = self._head[test.head_id] is TestState.FLAKY
        return self._tried(Side.BASE, test.base_id) < (MOST_ON_BASE_IF_FLAKY if flaky else MOST_ON_BASE)

    def _tried(self, side: Side, name: str) -> int:
        return self._runs.get((side, name), 0)
