"""One execution of the test command on one side: its facts, as they were observed.

Nothing here says whether the suite run may be trusted; ``completeness.assess`` computes that from these facts.
"""

import enum
from dataclasses import dataclass
from itertools import pairwise

from autopack_results.errors import InvalidValue
from autopack_results.identity import check_digest
from autopack_results.outcome import TestDetail, TestState
from autopack_results.test_ids import TestIds
from autopack_results.text import check_ascending


class StreamState(enum.IntEnum):
    """What became of the recorder's event stream. Numbers as in ``autopack.results.v1.StreamState``."""

    COMPLETE = 1
    MISSING = 2
    TRUNCATED = 3
    MALFORMED = 4

    @property
    def label(self) -> str:
        """The lower-case name used in results and messages."""
        return self.name.lower()


class CollectorState(enum.IntEnum):
    """Why a collector gave no tests. Numbers as in ``autopack.results.v1.CollectorState``."""

    ERRORED = 1
    SKIPPED = 2

    @property
    def label(self) -> str:
        """The lower-case name used in results and messages."""
        return self.name.lower()


class BindingState(enum.IntEnum):
    """Where the project's packages were imported from. Numbers as in ``autopack.results.v1.BindingState``."""

    BOUND = 1
    FOREIGN = 2
    UNKNOWN = 3

    @property
    def label(self) -> str:
        """The lower-case name used in results and messages."""
        return self.name.lower()


class Isolation(enum.IntEnum):
    """How both sides got the same path. Numbers as in ``autopack.results.v1.Isolation``."""

    MOUNT_NAMESPACE = 1
    SIBLING_PATHS = 2

    @property
    def label(self) -> str:
        """The lower-case name used in results and messages."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What was checked out: the commit and its tree, both as git object names (40 or 64 hex digits)."""

    revision: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where the suite ran. ``fingerprint`` is the digest of everything that can change an outcome."""

    fingerprint: str
    implementation: str
    python_version: str
    pytest_version: str
    platform: str
    distributions: tuple[str, ...]
    isolation: Isolation
    tree_path: str
    locale: str
    timezone: str
    umask: int
    superuser: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupFacts:
    """The operator's setup command on this side, when one was given. Times are milliseconds."""

    command: str
    reused: bool
    exit_code: int | None
    timed_out: bool
    duration_ms: int
    output_tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """What the operating system said of the test process. Times are milliseconds since the epoch, UTC.

    ``exit_code`` is None when the process was never started or ended by ``signal``.
    """

    argv: tuple[str, ...]
    exit_code: int | None
    signal: int | None
    timed_out: bool
    cancelled: bool
    started_at_ms: int
    ended_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorOutcome:
    """A collector that gave no tests: an import error, a raising conftest, a module-level skip."""

    collector: str
    state: CollectorState
    message: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderFacts:
    """What the recorder saw from inside the test process.

    ``collected`` counts test items including the ``deselected`` ones; ``reported`` counts items with a final report.
    ``collectors`` holds only those that errored or were skipped, strictly ascending by name, else raises InvalidValue.
    """

    version: str
    stream: StreamState
    session_started: bool
    session_finished: bool
    session_exit_status: int | None
    collected: int
    deselected: int
    reported: int
    collectors: tuple[CollectorOutcome, ...]

    def __post_init__(self) -> None:
        check_ascending([collector.collector for collector in self.collectors], "recorder.collectors")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeBinding:
    """Whether the imported project packages came from the worktree.

    ``foreign`` lists, sorted, ``module=path`` of at most 20 project modules that were imported from elsewhere.
    """

    state: BindingState
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """Header of one suite run: everything but the columns."""

    tree: Tree
    environment: Environment
    setup: SetupFacts | None
    arguments: tuple[str, ...]
    process: ProcessFacts
    recorder: RecorderFacts
    binding: TreeBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The immutable record of one suite run: header, sorted test ids, and one column entry per test.

    ``states`` has one byte per test (a TestState number).
    ``durations`` has four bytes per test, milliseconds, little-endian unsigned, or is empty when not measured.
    ``details`` is strictly ascending by index and has an entry for each test that is not PASSED.

    Raises InvalidValue when columns and ids do not fit each other.
    """

    suite_run: SuiteRun
    test_ids: TestIds
    states: bytes
    durations: bytes
    details: tuple[TestDetail, ...]

    def __post_init__(self) -> None:
        _check_columns(len(self.test_ids), self.states, self.durations, self.details)

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
    details: tuple[TestDetail, ...]

    def __post_init__(self) -> None:
        _check_columns(self.test_count, self.states, self.durations, self.details)


def _check_columns(count: int, states: bytes, durations: bytes, details: tuple[TestDetail, ...]) -> None:
    if len(states) != count:
        raise InvalidValue("states", f"{len(states)} entries for {count} test ids; expected one each")
    if len(durations) not in (0, 4 * count):
        raise InvalidValue("durations", f"{len(durations)} bytes for {count} test ids; expected 4 each or none")
    if states.translate(None, _STATE_BYTES):
        raise InvalidValue("states", "holds a number that is no TestState")
    if any(a.index >= b.index for a, b in pairwise(details)):
        raise InvalidValue("details", "must be strictly ascending by index")
    if details and not (details[0].index >= 0 and details[-1].index < count):
        raise InvalidValue("details", f"an index is outside the {count} test ids")
    if len(details) != count - states.count(TestState.PASSED) or any(
        states[detail.index] == TestState.PASSED for detail in details
    ):
        raise InvalidValue("details", "must describe exactly the tests that did not simply pass")


_STATE_BYTES = bytes(state.value for state in TestState)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineKey:
    """What a baseline is stored under: the same key means that the suite need not be measured again."""

    tree: str
    environment_fingerprint: str
    command_digest: str
    recorder_version: str

    def __post_init__(self) -> None:
        check_digest(self.environment_fingerprint, "key.environment_fingerprint")
        check_digest(self.command_digest, "key.command_digest")
