"""One execution of the test command on one side: its facts, as they were observed.

Nothing here says whether the suite run may be trusted; ``completeness.assess`` computes that from these facts.
"""

from dataclasses import dataclass
from itertools import pairwise

from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestDetail, TestState
from autopack_model.evidence.test_ids import TestIds
from autopack_model.suite_run.value import SuiteRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The immutable record of one suite run: header, sorted test ids, and one column entry per test.

    ``states`` has one byte per test (a TestState number).
    ``durations`` has four bytes per test, milliseconds, little-endian unsigned, or is empty when not measured.
    ``reruns`` has one byte per test: how often a plugin may run it again when it fails, at most MAX_RERUNS; it is empty
    where no plugin may run any test again.
    ``details`` is strictly ascending by index and has an entry for each test that is not PASSED.

    Raises InvalidValue when columns and ids do not fit each other.
    """

    suite_run: SuiteRun
    test_ids: TestIds
    states: bytes
    durations: bytes
    reruns: bytes
    details: tuple[TestDetail, ...]

    def __post_init__(self) -> None:
        _check_columns(len(self.test_ids), self.states, self.durations, self.reruns, self.details)

    @property
    def test_set_digest(self) -> str:
        """The content address of its test ids."""
        return self.test_ids.digest

    def state_of(self, index: int) -> TestState:
        """The state of the test at ``index`` of the sorted ids."""
        return TestState(self.states[index])


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceColumns:
    """Evidence of which the test ids lie elsewhere: ``test_set_digest`` names them, and there are ``test_count``.

    Everything else as in ``Evidence``. Raises InvalidValue when columns and count do not fit each other.
    """

    suite_run: SuiteRun
    test_set_digest: str
    test_count: int
    states: bytes
    durations: bytes
    reruns: bytes
    details: tuple[TestDetail, ...]

    def __post_init__(self) -> None:
        _check_columns(self.test_count, self.states, self.durations, self.reruns, self.details)


def _check_columns(count: int, states: bytes, durations: bytes, reruns: bytes, details: tuple[TestDetail, ...]) -> None:
    if len(states) != count:
        raise InvalidValue("states", f"{len(states)} entries for {count} test ids; expected one each")
    if len(durations) not in (0, 4 * count):
        raise InvalidValue("durations", f"{len(durations)} bytes for {count} test ids; expected 4 each or none")
    if len(reruns) not in (0, count):
        raise InvalidValue("reruns", f"{len(reruns)} bytes for {count} test ids; expected one each or none")
    if reruns and not any(reruns):
        raise InvalidValue("reruns", "must be empty where no test is run again")
    if states.translate(None, _STATE_BYTES):
        raise InvalidValue("states", "holds a number that is not a TestState")
    if any(a.index >= b.index for a, b in pairwise(details)):
        raise InvalidValue("details", "must be strictly ascending by index")
    if details and not (details[0].index >= 0 and details[-1].index < count):
        raise InvalidValue("details", f"an index is outside the {count} test ids")
    if len(details) != count - states.count(TestState.PASSED) or any(
        states[detail.index] == TestState.PASSED for detail in details
    ):
        raise InvalidValue("details", "must describe exactly the tests that did not simply pass")


_STATE_BYTES = bytes(state.value for state in TestState)
