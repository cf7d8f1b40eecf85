"""What a gate needs of its machine, in memory: workspaces, environments, suites, locks, and the files for people."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_executor.errors import ExecutorError, InterpreterUnusable
from autopack_executor.gate.ports.machine import ProgressSink
from autopack_model.baseline.value import BaselineKey
from autopack_model.canonical import Json
from autopack_model.digest import digest_document
from autopack_model.errors import BadRequest, Cancelled
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.suite_run.value import CommandFacts, StreamState, Tree
from tests.fakes.calls import Calls
from tests.fakes.evidence import DERIVE, make_environment, make_evidence, make_setup

INTERPRETER = Path("/python")
FAILED_COMMAND = CommandFacts(command="start", exit_code=1, timed_out=False, duration_ms=5, output_tail="")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeSide:
    """Implements ``ports.SideFolders``."""

    tree: Path


@dataclass(slots=True, kw_only=True)
class FakeWorkspace:
    """Implements ``ports.Workspace``."""

    run_id: str
    left: bool = False

    def side(self, side: Side) -> FakeSide:
        """See ``ports.Workspace``."""
        return FakeSide(tree=Path("/workspaces") / self.run_id / side.label)

    def leave(self) -> None:
        """See ``ports.Workspace``."""
        self.left = True


class FakeWorkspaces:
    """Implements ``ports.Workspaces``. ``open`` has the runs that are open, ``left`` those left to others."""

    def __init__(self, calls: Calls) -> None:
        self.left: set[str] = set()
        self.open: set[str] = set()
        self._calls = calls

    @contextlib.contextmanager
    def open_run(self, run_id: str, repository: Path) -> Iterator[FakeWorkspace]:
        """See ``ports.Workspaces``."""
        with self._calls.made("workspaces.open_run"):
            if run_id in self.left:
                raise ExecutorError(f"run {run_id} was left behind", subject=run_id)
            if run_id in self.open:
                raise BadRequest(f"run {run_id} is being executed", subject=run_id)
            self.open.add(run_id)
        workspace = FakeWorkspace(run_id=run_id)
        try:
            yield workspace
        finally:
            self.open.remove(run_id)
            if workspace.left:
                self.left.add(run_id)
            with self._calls.made("workspaces.close"):
                pass


class FakeEnvironments:
    """Implements ``ports.Environments``. ``unusable`` has the interpreters that do not work, ``trees`` what is checked
    out, ``installed`` where every interpreter has modules, and where ``setup_fails`` each setup command exits with 1.
    """

    def __init__(self, calls: Calls, trees: Mapping[Path, Tree]) -> None:
        self.setup_fails = False
        self.unusable: set[Path] = set()
        self.installed: dict[str, str] = {}
        self._calls = calls
        self._trees = trees

    def named(self, python: str, checkout: Path | None) -> Path:
        """See ``ports.Environments``."""
        return Path(python) if checkout is None else checkout / python

    def choose(self) -> Path:
        """See ``ports.Environments``."""
        return INTERPRETER

    def check(self, command: TestCommand, *, cancel: threading.Event) -> Path:
        """See ``ports.Environments``."""
        with self._calls.made("environments.check"):
            if cancel.is_set():
                raise Cancelled("cancelled while an interpreter was looked at")
            if command.interpreter in self.unusable:
                raise InterpreterUnusable(f"{command.interpreter} does not run", subject=str(command.interpreter))
        return command.interpreter or INTERPRETER

    def origins(self, command: TestCommand, names: tuple[str, ...], *, cancel: threading.Event) -> Mapping[str, str]:
        """See ``ports.Environments``."""
        return {name: origin for name, origin in self.installed.items() if name in names}

    def prepare(
        self,
        command: TestCommand,
        worktree: Path,
        *,
        side: Side,
        repository: str,
        cancel: threading.Event,
        progress: ProgressSink,
    ) -> PreparedEnvironment:
        """See ``ports.Environments``."""
        with self._calls.made(f"environments.prepare_{side.label}"):
            if cancel.is_set():
                raise Cancelled("cancelled while an environment was prepared")
            assert command.interpreter is not None, "runs have an interpreter by then"
            setup = None
            if command.setup is not None:
                assert worktree in self._trees, "a setup command needs the tree"
                progress(_progress(Activity.SETTING_UP, side, 0, 0))
                setup = make_setup(command=command.setup, exit_code=1 if self.setup_fails else 0)
            fingerprint = digest_document({"interpreter": str(command.interpreter)})
            return PreparedEnvironment(
                python=command.interpreter,
                variables={},
                environment=make_environment(fingerprint=fingerprint),
                setup=setup,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What the suite of a tree shows; an ``interrupted`` one does not come to its end, and before an ``unready`` one
    the command failed.
    """

    outcomes: Mapping[str, TestState]
    interrupted: bool = False
    unready: bool = False


class FakeSuiteRunner:
    """Implements ``ports.SuiteRunner``: the suite of each tree of ``suites``, which must be checked out."""

    def __init__(self, calls: Calls, trees: Mapping[Path, Tree]) -> None:
        self.suites: dict[Tree, Suite] = {}
        self.retries: dict[Side, Callable[[int], Suite]] = {}
        """What the n-th retry of a side shows, from 1 on; the same as its suite unless given."""
        self.asked: list[tuple[Side, tuple[str, ...]]] = []
        """The side and the tests of each retry."""
        self._calls = calls
        self._trees = trees

    def run(
        self,
        command: TestCommand,
        prepared: PreparedEnvironment,
        tree: Tree,
        worktree: Path,
        *,
        side: Side,
        missing_submodules: tuple[str, ...],
        artifacts: Path,
        cancel: threading.Event,
        progress: ProgressSink,
        tests: tuple[str, ...] | None = None,
    ) -> Evidence:
        """See ``ports.SuiteRunner``."""
        with self._calls.made(f"runner.{'run' if tests is None else 'retry'}_{side.label}"):
            assert self._trees.get(worktree) == tree, "the suite runs in the side's worktree"
            suite = self.suites[tree] if tests is None else self._retry(side, tree, tests)
            started = prepared.usable and not cancel.is_set() and not suite.unready
            outcomes = suite.outcomes if started else {}
            for done in range(len(outcomes)):
                progress(_progress(Activity.TESTING, side, len(outcomes), done + 1))
            evidence = make_evidence(
                outcomes,
                exit_code=None if not started else 2 if suite.interrupted else DERIVE,
                cancelled=cancel.is_set(),
                stream=StreamState.COMPLETE if started else StreamState.MISSING,
                setup=prepared.setup,
                arguments=command.arguments,
                revision=tree.revision,
                tree=tree.tree,
                fingerprint=prepared.environment.fingerprint,
                missing_submodules=missing_submodules,
            )
            before = FAILED_COMMAND if suite.unready else None
            return replace(evidence, suite_run=replace(evidence.suite_run, before_side=before))

    def _retry(self, side: Side, tree: Tree, tests: tuple[str, ...]) -> Suite:
        self.asked.append((side, tests))
        number = sum(asked is side for asked, _ in self.asked)
        suite = self.retries[side](number) if side in self.retries else self.suites[tree]
        return replace(suite, outcomes={name: state for name, state in suite.outcomes.items() if name in tests})


class FakeBaselineLocks:
    """Implements ``ports.BaselineLocks`` for the threads of a test."""

    def __init__(self, calls: Calls) -> None:
        self.keys: list[BaselineKey] = []
        self._calls = calls
        self._changed = threading.Condition()
        self._held: set[BaselineKey] = set()

    @contextlib.contextmanager
    def held(self, key: BaselineKey, *, cancel: threading.Event, on_wait: Callable[[], None]) -> Iterator[None]:
        """See ``ports.BaselineLocks``."""
        with self._calls.made("locks.held"), self._changed:
            self.keys.append(key)
            if key in self._held:
                on_wait()
            while key in self._held:
                if cancel.is_set():
                    raise Cancelled("cancelled while another run measured the baseline")
                self._changed.wait(0.01)
            self._held.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._held.remove(key)
                self._changed.notify_all()


@dataclass(slots=True, kw_only=True)
class FakeArtifacts:
    """Implements ``ports.Artifacts``. ``documents`` has the bytes by run and name, ``patches`` those of mended
    patches by run.
    """

    calls: Calls
    documents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    evidence: dict[tuple[str, Side, int], Evidence] = field(default_factory=dict)
    patches: dict[str, bytes] = field(default_factory=dict)

    def folder(self, attempt: AttemptRef, side: Side, retry: int = 0) -> Path:
        """See ``ports.Artifacts``."""
        return Path("/artifacts") / attempt.run_id / side.label / str(retry)

    def write(self, attempt: AttemptRef, name: str, document: Mapping[str, Json]) -> bytes:
        """See ``ports.Artifacts``."""
        with self.calls.made("artifacts.write"):
            data = json.dumps(document).encode()
            self.documents[attempt.run_id, name] = data
            return data

    def write_patch(self, attempt: AttemptRef, patch: bytes) -> None:
        """See ``ports.Artifacts``."""
        with self.calls.made("artifacts.write_patch"):
            self.patches[attempt.run_id] = patch

    def withdraw(self, attempt: AttemptRef, name: str) -> None:
        """See ``ports.Artifacts``."""
        with self.calls.made("artifacts.withdraw"):
            self.documents.pop((attempt.run_id, name), None)

    def write_evidence(self, attempt: AttemptRef, side: Side, evidence: Evidence, retry: int = 0) -> None:
        """See ``ports.Artifacts``."""
        with self.calls.made("artifacts.write_evidence"):
            self.evidence[attempt.run_id, side, retry] = evidence


def _progress(activity: Activity, side: Side, collected: int, done: int) -> Progress:
    return Progress(activity=activity, side=side, collected=collected, done=done, failures=0, message="")
