"""`GitRepository`: one git repository, through the git program."""

import os
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from autopack_git import candidate as candidates
from autopack_git import worktree
from autopack_git.bundle import write_bundle
from autopack_git.changes import changed_files
from autopack_git.command import Git
from autopack_git.contents import contents, files_holding, files_matching
from autopack_git.entry_kind import EntryKind
from autopack_git.layout import Layout, discover
from autopack_git.mixed_tree import make_mixed_tree
from autopack_git.patch.applying import commit_patch
from autopack_git.patch.value import AppliedPatch
from autopack_git.paths import fields, text_of
from autopack_git.revisions import Revisions
from autopack_git.submodules import missing_submodules
from autopack_git.tree_entries import content_at, kind_at
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.suite_run.value import Tree


class GitRepository:
    """One repository. It is safe to use from several threads, and from several processes at once."""

    def __init__(self, path: Path, *, state: Path) -> None:
        """The repository whose checkout holds ``path``.

        ``state`` is a directory for locks and temporary files, made when absent; every executor of this user must be
        given the same one. Raises NotARepository, BareRepository, BadRequest (it belongs to another user), GitFailed.
        """
        self._layout = discover(path)
        self._state = Path(os.path.realpath(state))
        self._revisions = Revisions(Git(directory=self._layout.root))

    @property
    def root(self) -> Path:
        """The top of the user's checkout, resolved."""
        return self._layout.root

    @property
    def layout(self) -> Layout:
        """Where the repository's parts lie."""
        return self._layout

    def root_commits(self) -> tuple[str, ...]:
        """The commits without a parent from which any name of the repository comes, ascending. Raises GitFailed."""
        listed = Git(directory=self._layout.root).run("rev-list", "--max-parents=0", "--all")
        return tuple(sorted(listed.stdout.decode().split()))

    def resolve(self, revision: str) -> Tree:
        """The commit and tree that ``revision`` names. Raises UnknownRevision, UnbornBranch, ShallowHistory."""
        return self._revisions.resolve(revision)

    def default_base(self, head: str, *, uncommitted: bool = False) -> Tree:
        """The base of ``head`` when none was given; see ``Revisions.default_base`` for the rule."""
        return self._revisions.default_base(head, uncommitted=uncommitted)

    def materialise(
        self, candidate: CommitCandidate | WorktreeCandidate, base: Tree | None, attempt: AttemptRef
    ) -> Tree:
        """The candidate as a commit: itself for a commit, else a new one that the branch of ``attempt`` keeps, unless
        it is no other than ``base``.

        Raises UnknownRevision, UnbornBranch, ShallowHistory, SubmoduleUnavailable, BadRequest.
        """
        match candidate:
            case CommitCandidate():
                tree = self._revisions.resolve(candidate.revision)
            case WorktreeCandidate():
                tree = candidates.commit_edits(self._layout, self._state, self._revisions)
        self.missing_submodules(base, tree)
        if isinstance(candidate, WorktreeCandidate):
            self._keep(tree, base, attempt)
        return tree

    def apply_patch(self, patch: bytes, base: Tree | None, attempt: AttemptRef, *, fix: bool) -> AppliedPatch:
        """``patch`` applied exactly and whole to ``base`` (to nothing, when None), as a new commit that the branch of
        ``attempt`` keeps, unless it is no other than ``base``. ``fix`` allows to mend the patch before.

        Raises PatchDamaged, PatchDoesNotApply, SubmoduleUnavailable, BadRequest.
        """
        applied = commit_patch(self._layout, self._state, patch, base, fix=fix)
        self.missing_submodules(base, applied.tree)
        self._keep(applied.tree, base, attempt)
        return applied

    def _keep(self, tree: Tree, base: Tree | None, attempt: AttemptRef) -> None:
        if base is None or base.tree != tree.tree:
            candidates.keep(self._layout, attempt, tree)

    def commit_edits(self) -> Tree:
        """The uncommitted edits as a commit that nothing keeps: no branch, no stash. Raises BadRequest."""
        return candidates.commit_edits(self._layout, self._state, self._revisions)

    def write_bundle(self, commits: tuple[Tree, ...], path: Path) -> None:
        """Write the whole history of ``commits`` as a git bundle to ``path``. Raises ShallowHistory, GitFailed."""
        write_bundle(self._layout, self._state, commits, path)

    def changed_files(self, base: Tree | None, head: Tree) -> ChangedFiles:
        """The files in which ``head`` differs from ``base`` (from nothing, when None); UNKNOWN when git failed."""
        return changed_files(self._layout, base, head)

    def mixed_tree(self, *, tests: Tree, code: Tree, paths: Iterable[str]) -> Tree:
        """``code`` with the files ``paths`` as they are in ``tests``; see ``make_mixed_tree``. Raises GitFailed."""
        return make_mixed_tree(self._layout, self._state, tests=tests, code=code, paths=paths)

    def contents(self, tree: Tree, paths: Iterable[str], *, most: int) -> dict[str, bytes] | None:
        """What the files ``paths`` of ``tree`` hold; None when that is more than ``most`` bytes. Raises GitFailed."""
        return contents(Git(directory=self._layout.root), tree, paths, most=most)

    def files_holding(self, tree: Tree, word: str) -> tuple[str, ...]:
        """The Python files of ``tree`` that hold ``word``, ascending. Raises GitFailed."""
        return files_holding(Git(directory=self._layout.root), tree, word)

    def files_matching(self, tree: Tree, pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The text files of ``tree`` that match one of ``names`` and in which a line matches the extended regular
        expression ``pattern``, ascending. Raises GitFailed.
        """
        return files_matching(Git(directory=self._layout.root), tree, pattern, names)

    def tracked_files(self, tree: Tree) -> tuple[str, ...]:
        """The paths of all files of ``tree``, submodules as one entry, ascending."""
        listed = Git(directory=self._layout.root).run("ls-tree", "-r", "-z", "--full-tree", "--name-only", tree.tree)
        return tuple(sorted(text_of(path) for path in fields(listed.stdout)))

    def kind(self, tree: Tree, path: str) -> EntryKind | None:
        """What ``tree`` holds at ``path``; None for nothing. Raises GitFailed."""
        return kind_at(Git(directory=self._layout.root), tree, path)

    def content(self, tree: Tree, path: str) -> bytes:
        """The content of the file at ``path`` of ``tree``. Raises GitFailed, also where there is none."""
        return content_at(Git(directory=self._layout.root), tree, path)

    def missing_submodules(self, base: Tree | None, head: Tree) -> dict[Side, tuple[str, ...]]:
        """The submodules that stay empty on each side. Raises SubmoduleUnavailable when the change is about one of
        them, GitFailed.
        """
        return missing_submodules(self._layout, None if base is None else base.tree, head.tree)

    def checkout(
        self, tree: Tree, path: Path, *, without: tuple[str, ...] = (), cancel: threading.Event | None = None
    ) -> AbstractContextManager[None]:
        """A detached worktree of ``tree`` at ``path``, in which the submodules ``without`` are empty; removed on exit.
        Raises GitFailed, SubmoduleUnavailable when other submodules are missing, and Cancelled when ``cancel`` is set
        before it is there.
        """
        return worktree.checked_out(self._layout, self._state, tree, path, cancel, without=without)

    def forget_worktree(self, path: Path) -> None:
        """Remove a worktree that a killed executor left at ``path``, registration included. Idempotent."""
        worktree.forget(self._layout, self._state, path)
