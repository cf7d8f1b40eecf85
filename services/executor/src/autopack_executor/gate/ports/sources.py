"""What a gate needs of repositories and patches."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from autopack_executor.gate.ports.machine import Artifacts
from autopack_git.entry_kind import EntryKind
from autopack_git.patch.value import AppliedPatch
from autopack_model.bundle.value import BundleUpload
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.patch.value import PatchUpload
from autopack_model.suite_run.value import Tree


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

    def mixed_tree(self, *, tests: Tree, code: Tree, paths: Iterable[str]) -> Tree:
        """``code`` with the files ``paths`` as they are in ``tests``, as a commit that nothing keeps.

        Raises GitFailed.
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
    def identity(self) -> str:
        """What tells it from every other repository; what is kept for it belongs to this."""

    @property
    def repository(self) -> Repository:
        """The repository, on this machine."""

    @property
    def artifacts(self) -> Artifacts:
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
