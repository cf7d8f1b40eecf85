"""What a gate needs from the outside, as Protocols: each has its implementation, and one fake for the unit tests."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeAlias

from autopack_executor.environment.prepared import PreparedEnvironment
from autopack_git.entry_kind import EntryKind
from autopack_git.patch.value import AppliedPatch
from autopack_model.baseline.value import BaselineKey
from autopack_model.bundle.value import BundleUpload
from autopack_model.canonical import Json
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.decided import Decided
from autopack_model.decision.newly_bad import NewlyBad
from autopack_model.evidence.value import Evidence
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.patch.value import PatchUpload
from autopack_model.progress.value import Progress
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Run, RunFailure, RunSpec, RunState, SideEvidence
from autopack_model.suite_run.value import Tree

ProgressSink: TypeAlias = Callable[[Progress], None]


class Repository(Protocol):
    """One git repository. The user's checkout, index, stash and branches are never touched."""

    @property
    def root(self) -> Path:
        """The top of the user's checkout, resolved."""

    def resolve(self, revision: str) -> Tree:
        """The commit and tree that ``revision`` names. Raises UnknownRevision, UnbornBranch, ShallowHistory."""

    def default_base(self, head: str, *, uncommitted: bool = False) -> Tree:
        """The merge-base of ``head`` with the default branch. Where that is ``head`` itself: ``head`` when it stands
        for ``uncommitted`` edits, else its first parent. A patch has HEAD as its default base, without this.

        Raises the same errors as ``resolve``, and UnknownRevision when there is no default branch, merge-base or
        parent.
        """

    def materialise(
        self, candidate: CommitCandidate | WorktreeCandidate, base: Tree | None, attempt: AttemptRef
    ) -> Tree:
        """The candidate as a commit: itself for a commit, else a new one on HEAD, kept by the branch
        ``autopack/<run_id>/<phase>/<attempt>``. On an unborn branch ``base`` is None and the new commit has no parent.

        Raises the same errors as ``resolve``, and SubmoduleUnavailable, BadRequest (no commit can be made of it).
        """

    def apply_patch(self, patch: bytes, base: Tree | None, attempt: AttemptRef, *, fix: bool) -> AppliedPatch:
        """The patch, applied exactly and whole to ``base`` (to nothing, when None), as a new commit that the same
        branch keeps. ``fix`` allows to mend the patch before.

        Raises PatchDamaged, PatchDoesNotApply, SubmoduleUnavailable, BadRequest (an empty patch).
        """

    def changed_files(self, base: Tree | None, head: Tree) -> ChangedFiles:
        """The files in which ``head`` differs from ``base`` (from nothing, when None); UNKNOWN when git could not
        tell, never an exception.
        """

    def kind(self, tree: Tree, path: str) -> EntryKind | None:
        """What ``tree`` holds at ``path``; None for nothing. Raises GitFailed."""

    def content(self, tree: Tree, path: str) -> bytes:
        """The content of the file at ``path`` of ``tree``. Raises GitFailed."""

    def missing_submodules(self, base: Tree | None, head: Tree) -> Mapping[Side, tuple[str, ...]]:
        """The paths of the submodules that stay empty on each side, sorted: the repository does not hold their commits.
        Raises SubmoduleUnavailable when the change is about one of them.
        """

    def contents(self, tree: Tree, paths: Iterable[str], *, most: int) -> dict[str, bytes] | None:
        """What the files ``paths`` of ``tree`` hold; None when that is more than ``most`` bytes. Raises GitFailed."""

    def tracked_files(self, tree: Tree) -> tuple[str, ...]:
        """The paths of all files of ``tree``, ascending. Raises GitFailed."""

    def files_matching(self, tree: Tree, pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The paths of the files of ``tree`` that match one of ``names`` (such as ``*.py``) and in which a line matches
        the extended regular expression ``pattern``, ascending. Raises GitFailed.
        """

    def files_holding(self, tree: Tree, word: str) -> tuple[str, ...]:
        """The Python files of ``tree`` that hold ``word``, ascending. Raises GitFailed."""

    def checkout(
        self, tree: Tree, path: Path, *, without: tuple[str, ...] = (), cancel: threading.Event | None = None
    ) -> AbstractContextManager[None]:
        """A detached worktree of ``tree`` at ``path``, in which the submodules ``without`` are empty; removed on exit,
        whatever happened. Raises GitFailed, SubmoduleUnavailable when other submodules are missing, and Cancelled when
        ``cancel`` is set before it is there.
        """


class Source(Protocol):
    """Where the repository of one run comes from."""

    @property
    def name(self) -> str:
        """What records call it: its top folder, where its sender has it, or its URL."""

    @property
    def repository(self) -> Repository:
        """The repository, on this machine."""

    @property
    def artifacts(self) -> "Artifacts":
        """Where a run of it leaves its files."""


class Sources(Protocol):
    """The repositories that can be gated: those of this machine, those sent as bundles, those cloned from URLs."""

    def open(self, request: GateRequest, *, cancel: threading.Event) -> AbstractContextManager[Source]:
        """The source that ``request`` names, kept until exit; a clone is brought up to date first.

        Raises NotARepository, BareRepository, BadRequest, BundleMissing, CloneNotAllowed, CloneFailed, Cancelled.
        """

    def receive(self, upload: BundleUpload, chunks: Iterator[bytes], *, cancel: threading.Event) -> bool:
        """Keep a bundle; whether it was there already, and then ``chunks`` need not be read. Raises BundleRefused,
        Cancelled.
        """


class Patches(Protocol):
    """The patches that were sent for runs."""

    def receive(self, upload: PatchUpload, chunks: Iterator[bytes], *, cancel: threading.Event) -> bool:
        """Keep a patch; whether it was there already, and then ``chunks`` need not be read. Raises PatchRefused,
        Cancelled.
        """

    def read(self, digest: str) -> bytes:
        """The patch with ``digest``. Raises PatchMissing."""


class Environments(Protocol):
    """Makes the interpreter of a side ready."""

    def named(self, python: str, checkout: Path | None) -> Path:
        """The interpreter that a configuration names: an absolute path, a command, or a path in the user's
        ``checkout``, where this machine has one. Raises InterpreterUnusable.
        """

    def choose(self) -> Path:
        """The interpreter of runs that name none. Raises InterpreterUnusable."""

    def check(self, command: TestCommand, *, cancel: threading.Event) -> None:
        """Refuse an interpreter that can never work, before a run is recorded. Raises InterpreterUnusable and
        Cancelled.
        """

    def origins(self, command: TestCommand, names: tuple[str, ...], *, cancel: threading.Event) -> Mapping[str, str]:
        """Where the interpreter of ``command`` has the modules ``names``, without any tree: those that it has, but for
        the standard library and namespace packages. Raises InterpreterUnusable, Cancelled.
        """

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
        """The environment of one side of ``repository``. Without a setup command, the interpreter as it is. With one,
        a virtual environment made from it, kept by repository, interpreter, command and the inputs of the command. The
        head of a run is prepared beside its base, if that was prepared before: in the same environment, or in one with
        the same versions but for what the change moves.

        Raises InterpreterUnusable (the interpreter itself), Cancelled. A failing setup command is not an exception: it
        is in the result.
        """


class SuiteRunner(Protocol):
    """Runs the suite of one side and returns what was observed, complete or not."""

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
        """Run the suite in ``worktree``, or only those of its ``tests``; raw output and the event stream go to
        ``artifacts``.

        Raises EvidenceNotWritten when an artifact cannot be written. Never raises for what the suite did.
        """


class SideFolders(Protocol):
    """The folders of one side of one run."""

    @property
    def tree(self) -> Path:
        """Where the side's worktree is checked out."""


class Workspace(Protocol):
    """The folders of one run."""

    def side(self, side: Side) -> SideFolders:
        """Those of one side."""

    def leave(self) -> None:
        """Leave the run, whose end could not be recorded, to the next executor, which records it as failed."""


class Workspaces(Protocol):
    """The folders that the executor works in, scoped by run."""

    def open_run(self, run_id: str, repository: Path) -> AbstractContextManager[Workspace]:
        """The workspace of one run, owned by this process until exit, then cleared away. Raises BadRequest when
        another process is executing the run.
        """


class BaselineLocks(Protocol):
    """Keeps two runs from measuring the same baseline at the same time."""

    def held(
        self, key: BaselineKey, *, cancel: threading.Event, on_wait: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Hold the lock of ``key``; ``on_wait`` is called once when another run has it. Raises Cancelled."""


class Artifacts(Protocol):
    """The files that a run leaves for people, under ``.autonomous_runs/<run_id>/`` of the repository."""

    def folder(self, attempt: AttemptRef, side: Side, retry: int = 0) -> Path:
        """The folder of the files of one side, or of one of its retries, made when missing. Raises
        EvidenceNotWritten.
        """

    def write(self, attempt: AttemptRef, name: str, document: Mapping[str, Json]) -> bytes:
        """Write a JSON document beside the head side's files, whole or not at all; returns its bytes. Raises
        EvidenceNotWritten.
        """

    def write_patch(self, attempt: AttemptRef, patch: bytes) -> None:
        """Write the patch that was applied, beside the head side's files. Raises EvidenceNotWritten."""

    def withdraw(self, attempt: AttemptRef, name: str) -> None:
        """Take a document away that ``write`` wrote, if it is there. Raises EvidenceNotWritten when it stays."""

    def write_evidence(self, attempt: AttemptRef, side: Side, evidence: Evidence, retry: int = 0) -> None:
        """Write a suite run's evidence as JSON into its folder. Raises EvidenceNotWritten."""


class Store(Protocol):
    """The store, as a gate uses it. Every method raises StoreUnavailable when it cannot be reached, and StoreRefused
    when it says no.
    """

    def create_run(self, spec: RunSpec, attempt: AttemptRef) -> None:
        """Record a new run. Raises RunExists."""

    def run(self, run_id: str) -> Run:
        """One run. Raises UnknownRun."""

    def find_baseline(self, key: BaselineKey) -> str | None:
        """Digest of the evidence that is the baseline of ``key``, if there is one."""

    def upload(
        self,
        evidence: Evidence,
        *,
        attempt: AttemptRef,
        side: Side,
        retry: int = 0,
        baseline: BaselineKey | None = None,
        replacing: bool = False,
    ) -> str:
        """Store evidence, attach it to one side of an attempt, as its suite's or as a ``retry``, and name it the
        ``baseline`` of a key, unless that is None or the key has one and this is not ``replacing`` it; returns its
        digest.
        """

    def attach(self, attempt: AttemptRef, entry: SideEvidence) -> None:
        """Attach stored evidence to an attempt."""

    def record_changed_files(self, attempt: AttemptRef, changed_files: ChangedFiles) -> None:
        """Record an attempt's changed files."""

    def advance(self, attempt: AttemptRef, state: AttemptState) -> None:
        """Say how far an attempt is."""

    def finish(self, run_id: str, state: RunState, failure: RunFailure | None) -> Run:
        """End a run; returns it as it ended."""


class Gatekeeper(Protocol):
    """The gatekeeper, as a gate uses it. Raises GatekeeperUnavailable, GatekeeperRefused, StorageFull."""

    def newly_bad(self, attempt: AttemptRef, *, base: str, head: str) -> tuple[NewlyBad, ...]:
        """The tests that are to be run again on both sides before the attempt is decided."""

    def decide(
        self,
        attempt: AttemptRef,
        *,
        base: str | None,
        head: str,
        base_retries: Sequence[str],
        head_retries: Sequence[str],
        conclude: bool,
    ) -> Decided:
        """Have an attempt decided from the evidence with these digests, of each side's suite run and of its retries by
        their numbers, and concluded where no auditor will be asked; the gatekeeper records both.
        """
