"""One execution of the test command on one side: its facts, as they were observed.

Nothing here says whether the suite run may be trusted; ``completeness.assess`` computes that from these facts.
"""

from dataclasses import dataclass
from itertools import pairwise

from autopack_model.errors import InvalidValue
from autopack_model.labels import Labelled
from autopack_model.text import check_ascending


class StreamState(Labelled):
    """What became of the recorder's event stream. Numbers as in ``autopack.results.v1.StreamState``."""

    COMPLETE = 1
    MISSING = 2
    TRUNCATED = 3
    MALFORMED = 4


class CollectorState(Labelled):
    """What became of a collector that gave no tests. Numbers as in ``autopack.results.v1.CollectorState``."""

    ERRORED = 1
    SKIPPED = 2
    PASSED = 3


class BindingState(Labelled):
    """Where the project's packages were imported from. Numbers as in ``autopack.results.v1.BindingState``."""

    BOUND = 1
    FOREIGN = 2
    UNKNOWN = 3


class DeviationKind(Labelled):
    """In what a suite run departs from running the tests of its tree as they stand there. Numbers as in
    ``autopack.results.v1.DeviationKind``.
    """

    SHADOWING = 1
    REPLACED_CODE = 2
    FOREIGN_TEST = 3
    REPLACED_FRAMEWORK = 4
    IMPORT_HOOK = 5
    SWAPPED_TEST = 6
    REWRITTEN_FILE = 7
    INSTALLED_PLUGIN = 8
    START_HOOK = 9
    SEVERAL_SOURCES = 10


class Isolation(Labelled):
    """How both sides got the same path. Numbers as in ``autopack.results.v1.Isolation``."""

    MOUNT_NAMESPACE = 1
    SIBLING_PATHS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What was checked out: the commit and its tree, both as git object names (40 or 64 hex digits)."""

    revision: str
    tree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedDigest:
    """What something that may be secret comes to: ``name`` is that of a variable or the path of a file; ``digest`` is
    an HMAC under a key of the executor, equal only where the values are equal.
    """

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where the suite ran. ``fingerprint`` is the digest of everything that can change an outcome; ``variables`` are
    those that the operator gave to the tests, ascending by name.
    """

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
    variables: tuple[KeyedDigest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupChange:
    """A file of the worktree that a setup command changed: its path there, and what it held afterwards, as a digest
    with its kind; empty when the file is gone.
    """

    path: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupFacts:
    """The operator's setup command on this side, when one was given. Times are milliseconds.

    ``not_run`` says that the command had failed on base and was not run again with the same inputs; ``pinned`` that
    the versions of base's distributions were kept as constraints. ``moved`` are the normalised names of distributions
    for whose difference from base the change itself accounts, strictly ascending. ``changed_files`` are the tracked
    files that the command changed and the files it made that decide how tests run, strictly ascending by path.

    Raises InvalidValue for lists in another order.
    """

    command: str
    reused: bool
    exit_code: int | None
    timed_out: bool
    duration_ms: int
    output_tail: str
    not_run: bool
    pinned: bool
    moved: tuple[str, ...]
    changed_files: tuple[SetupChange, ...]

    def __post_init__(self) -> None:
        check_ascending(self.moved, "setup.moved")
        check_ascending([change.path for change in self.changed_files], "setup.changed_files")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFacts:
    """The operator's command before or after the suite of one side. ``exit_code`` is None when it did not end by
    itself; ``duration_ms`` is in milliseconds.
    """

    command: str
    exit_code: int | None
    timed_out: bool
    duration_ms: int
    output_tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """What the operating system said of the test process. Times are milliseconds since the epoch, UTC.

    ``exit_code`` is None when the process was never started, ended by ``signal``, or ``lingered``: it had reported
    everything and did not exit, so that the executor ended it.
    """

    argv: tuple[str, ...]
    exit_code: int | None
    signal: int | None
    timed_out: bool
    cancelled: bool
    started_at_ms: int
    ended_at_ms: int
    lingered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorOutcome:
    """A collector that gave no tests: an import error, a raising conftest, a module-level skip, or nothing in it.

    ``cause`` is the failure in one normalised line, the same on every machine. It and ``signature`` are empty unless
    the collector errored.
    """

    collector: str
    state: CollectorState
    message: str
    signature: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderFacts:
    """What the recorder saw from inside the test process.

    ``collected`` counts test items including the ``deselected`` ones; ``reported`` counts items with a final report.
    ``selection`` is what narrowed the suite down, as given. ``collectors`` holds only those without tests, strictly
    ascending by name, else raises InvalidValue.
    ``seeds`` lists, strictly ascending, ``plugin=seed`` of each plugin that takes a seed, as the session had it.
    ``running`` names at most 8 tests, sorted, that had begun and not ended when the recording broke off; it is empty
    where the session finished.
    """

    version: str
    stream: StreamState
    session_started: bool
    session_finished: bool
    session_exit_status: int | None
    collected: int
    deselected: int
    reported: int
    selection: tuple[str, ...]
    collectors: tuple[CollectorOutcome, ...]
    seeds: tuple[str, ...]
    running: tuple[str, ...]

    def __post_init__(self) -> None:
        check_ascending([collector.collector for collector in self.collectors], "recorder.collectors")
        check_ascending(self.seeds, "recorder.seeds")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Deviation:
    """One departure of a suite run from running the tests of its tree as they stand there: what it is about, and the
    file behind it, relative to the tree or to the folder of distributions, empty when there is none.

    Projects have such departures of their own. One speaks only where the other side lacks it.
    """

    kind: DeviationKind
    subject: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeBinding:
    """Whether what was imported and run came from the worktree.

    ``foreign`` lists, sorted, ``module=path`` of at most 20 project modules that were imported from elsewhere.
    ``plugins`` are the files of the tree from which pytest loaded plugins, links resolved, strictly ascending, without
    those of plugins that a distribution brings. ``deviations`` is strictly ascending. ``test_files`` are the files of
    the tree, and the folders with a slash behind them, that belong to the tests though neither their names nor their
    places say so, strictly ascending. Raises InvalidValue for lists in another order.
    """

    state: BindingState
    foreign: tuple[str, ...]
    plugins: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    test_files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_ascending(self.plugins, "binding.plugins")
        check_ascending(self.test_files, "binding.test_files")
        if any(first >= second for first, second in pairwise(self.deviations)):
            raise InvalidValue("binding.deviations", "must be strictly ascending by kind, subject and path")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """Header of one suite run: everything but the columns.

    ``missing_submodules`` are the paths, strictly ascending, of the submodules that stayed empty, because the
    repository does not hold their commits. Raises InvalidValue for another order.

    ``output_tail`` is the end of what the test process printed, at most 8,192 characters, of a suite run that needs an
    explanation: it is incomplete, has no tests, or exited with 1 though nothing that was recorded failed. No decision
    depends on it.

    The suite ran in ``folder`` of the tree, empty for its top. ``copies`` are the files that no commit holds, ascending
    by path. The commands before and after the suite are None when none was given, or none was run.
    """

    tree: Tree
    environment: Environment
    setup: SetupFacts | None
    arguments: tuple[str, ...]
    process: ProcessFacts
    recorder: RecorderFacts
    binding: TreeBinding
    missing_submodules: tuple[str, ...]
    output_tail: str
    folder: str = ""
    folder_missing: bool = False
    copies: tuple[KeyedDigest, ...] = ()
    before_side: CommandFacts | None = None
    after_side: CommandFacts | None = None

    def __post_init__(self) -> None:
        check_ascending(self.missing_submodules, "missing_submodules")

    @property
    def exit_code(self) -> int | None:
        """The exit code of the suite: the process's own, or of a process that lingered what its session announced."""
        return self.recorder.session_exit_status if self.process.lingered else self.process.exit_code
