"""What the use cases need from the outside, as Protocols. Implementations live in ``adapters`` and say how."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeAlias

from autopack_executor.domain.candidate import Candidate
from autopack_executor.domain.suite import PreparedEnvironment, Progress, TestCommand
from autopack_results.changed_files import ChangedFiles
from autopack_results.identity import AttemptRef, Side
from autopack_results.suite_run import Evidence, Tree

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

        Raises as ``resolve``, and UnknownRevision when there is no default branch, merge-base or parent."""

    def materialise(self, candidate: Candidate, base: Tree | None, attempt: AttemptRef) -> Tree:
        """The candidate as a commit: itself for a commit, else a new one on ``base`` (for a patch) or on HEAD (for
        the user's edits), kept by the branch ``autopack/<run_id>/<phase>/<attempt>``. On an unborn branch ``base``
        is None and the new commit has no parent.

        Raises as ``resolve``, PatchDoesNotApply, SubmoduleUnavailable, BadRequest (no commit can be made of it)."""

    def changed_files(self, base: Tree | None, head: Tree) -> ChangedFiles:
        """The files in which ``head`` differs from ``base`` (from nothing, when None); UNKNOWN when git could not
        tell, never an exception."""

    def checkout(self, tree: Tree, path: Path) -> AbstractContextManager[None]:
        """A detached worktree of ``tree`` at ``path``, removed on exit, whatever happened. Raises GitFailed,
        SubmoduleUnavailable."""

    def forget_worktree(self, path: Path) -> None:
        """Remove a worktree that a killed executor left at ``path``, registration included. Idempotent."""


class SourceFiles(Protocol):
    """The files that belong to a project: what git tracks, or would add."""

    def under(self, path: Path) -> tuple[str, ...]:
        """Tracked files and untracked ones that are not ignored, as paths below ``path``, ascending.

        Raises NotARepository, BareRepository, BadRequest, GitFailed."""


class Environments(Protocol):
    """Makes the interpreter of a side ready."""

    def prepare(
        self,
        command: TestCommand,
        worktree: Path,
        *,
        side: Side,
        cancel: threading.Event,
        progress: ProgressSink,
    ) -> PreparedEnvironment:
        """The environment of one side. Without a setup command, the interpreter as it is. With one, a virtual
        environment made from it, cached by interpreter, command and the content of the dependency files.

        Raises InterpreterUnusable (the interpreter itself), Cancelled. A failing setup command is no exception: it is
        in the result."""


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
        artifacts: Path,
        cancel: threading.Event,
        progress: ProgressSink,
    ) -> Evidence:
        """Run the suite in ``worktree``; raw output and the event stream go to ``artifacts``.

        Raises EvidenceNotWritten when an artifact cannot be written. Never raises for what the suite did."""
