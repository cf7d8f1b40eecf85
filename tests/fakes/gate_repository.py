"""The repositories that can be gated, in memory."""

import contextlib
import fnmatch
import hashlib
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from autopack_executor.errors import PatchMissing
from autopack_executor.gate.ports.sources import Source
from autopack_git.entry_kind import EntryKind
from autopack_git.errors import NotARepository, PatchDoesNotApply, UnbornBranch, UnknownRevision
from autopack_git.patch.value import AppliedPatch
from autopack_model.bundle.value import BundleUpload
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.errors import Cancelled
from autopack_model.finding.value import NO_FINDINGS
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.patch.value import PatchUpload
from autopack_model.run.value import PatchFix
from autopack_model.suite_run.value import Tree
from tests.fakes.calls import Calls
from tests.fakes.gate_machine import FakeArtifacts
from tests.fakes.store import HEAD_FILES

ROOT = Path("/repository")
BASE = Tree(revision="a" * 40, tree="1" * 40)
HEAD = Tree(revision="b" * 40, tree="2" * 40)
PATCHED = Tree(revision="c" * 40, tree="3" * 40)
PATCH = b"patch"
CROSSED = Tree(revision="e" * 40, tree="5" * 40)
REVERSED = Tree(revision="f" * 40, tree="6" * 40)
EDITED = Tree(revision="d" * 40, tree="4" * 40)


class FakeRepository:
    """Implements ``ports.Repository``. ``main`` is BASE, ``feature`` is HEAD and checked out; the only patch that
    applies is PATCH, which is mended where it ends in white space. ``trees`` has what is checked out and where,
    ``files`` what the trees hold; ``unborn`` is a repository without a commit; ``missing`` has the submodules that stay
    empty on both sides.
    """

    def __init__(self, calls: Calls) -> None:
        self.branches: dict[AttemptRef, Tree] = {}
        self.difference: ChangedFiles = replace(HEAD_FILES, functions=(), findings=NO_FINDINGS)
        self.differences: list[tuple[Tree | None, Tree]] = []
        self.files: dict[Tree, dict[str, bytes]] = {}
        self.trees: dict[Path, Tree] = {}
        self.missing: tuple[str, ...] = ()
        self.unborn = False
        self._calls = calls
        self._revisions = {"main": BASE, "feature": HEAD, "HEAD": HEAD}

    @property
    def root(self) -> Path:
        """See ``ports.Repository``."""
        return ROOT

    def resolve(self, revision: str) -> Tree:
        """See ``ports.Repository``."""
        with self._calls.made("repository.resolve"):
            return self._resolved(revision)

    def default_base(self, head: str, *, uncommitted: bool = False) -> Tree:
        """See ``ports.Repository``."""
        with self._calls.made("repository.default_base"):
            self._resolved(head)
            return self._resolved("HEAD") if uncommitted else BASE

    def materialise(
        self, candidate: CommitCandidate | WorktreeCandidate, base: Tree | None, attempt: AttemptRef
    ) -> Tree:
        """See ``ports.Repository``."""
        with self._calls.made("repository.materialise"):
            match candidate:
                case CommitCandidate(revision=revision):
                    return self._resolved(revision)
                case WorktreeCandidate():
                    made = EDITED
            self.branches[attempt] = made
            return made

    def apply_patch(self, patch: bytes, base: Tree | None, attempt: AttemptRef, *, fix: bool) -> AppliedPatch:
        """See ``ports.Repository``."""
        with self._calls.made("repository.apply_patch"):
            assert base is not None, "a patch is applied to its base"
            if patch.rstrip() != PATCH or (patch != PATCH and not fix):
                raise PatchDoesNotApply("the patch does not apply")
            self.branches[attempt] = PATCHED
            return AppliedPatch(tree=PATCHED, patch=PATCH, fixes=() if patch == PATCH else (PatchFix.LAST_NEWLINE,))

    def mixed_tree(self, *, tests: Tree, code: Tree, paths: Iterable[str]) -> Tree:
        """See ``ports.Repository``: REVERSED of base's code, CROSSED of any other."""
        with self._calls.made("repository.mixed_tree"):
            return REVERSED if code == BASE else CROSSED

    def kind(self, tree: Tree, path: str) -> EntryKind | None:
        """See ``ports.Repository``."""
        files = self.files.get(tree, {})
        if path in files:
            return EntryKind.FILE
        return EntryKind.FOLDER if any(name.startswith(f"{path}/") for name in files) else None

    def content(self, tree: Tree, path: str) -> bytes:
        """See ``ports.Repository``."""
        return self.files[tree][path]

    def changed_files(self, base: Tree | None, head: Tree) -> ChangedFiles:
        """See ``ports.Repository``."""
        with self._calls.made("repository.changed_files"):
            self.differences.append((base, head))
            return self.difference

    def missing_submodules(self, base: Tree | None, head: Tree) -> dict[Side, tuple[str, ...]]:
        """See ``ports.Repository``."""
        return dict.fromkeys(Side, self.missing)

    def contents(self, tree: Tree, paths: Iterable[str], *, most: int) -> dict[str, bytes] | None:
        """See ``ports.Repository``."""
        with self._calls.made("repository.contents"):
            found = {path: self.files[tree][path] for path in paths if path in self.files.get(tree, {})}
            return found if sum(map(len, found.values())) <= most else None

    def tracked_files(self, tree: Tree) -> tuple[str, ...]:
        """See ``ports.Repository``."""
        with self._calls.made("repository.tracked_files"):
            return tuple(sorted(self.files.get(tree, {})))

    def files_holding(self, tree: Tree, word: str) -> tuple[str, ...]:
        """See ``ports.Repository``."""
        with self._calls.made("repository.files_holding"):
            files = self.files.get(tree, {})
            return tuple(sorted(path for path, held in files.items() if word.encode() in held))

    def files_matching(self, tree: Tree, pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """See ``ports.Repository``."""
        expression = re.compile(pattern.replace("[:space:]", r"\s").encode(), re.MULTILINE)
        return tuple(
            path
            for path, content in sorted(self.files.get(tree, {}).items())
            if any(fnmatch.fnmatch(path, name) for name in names) and expression.search(content)
        )

    @contextlib.contextmanager
    def checkout(
        self, tree: Tree, path: Path, *, without: tuple[str, ...] = (), cancel: threading.Event | None = None
    ) -> Iterator[None]:
        """See ``ports.Repository``."""
        with self._calls.made("repository.checkout"):
            if cancel is not None and cancel.is_set():
                raise Cancelled("cancelled while a worktree was made")
            assert without == self.missing, "the submodules that stay empty are known"
            assert path not in self.trees, "a worktree needs a new path"
            self.trees[path] = tree
        try:
            yield
        finally:
            del self.trees[path]

    def _resolved(self, revision: str) -> Tree:
        if self.unborn:
            raise UnbornBranch("the repository has no commit yet", subject=str(ROOT))
        if revision not in self._revisions:
            raise UnknownRevision(f"{revision} names no commit", subject=revision)
        return self._revisions[revision]


class FakeSource:
    """Implements ``ports.Source``."""

    def __init__(self, repository: FakeRepository, artifacts: FakeArtifacts) -> None:
        self.name = self.identity = str(ROOT)
        self.repository = repository
        self.artifacts = artifacts


class FakeSources:
    """Implements ``ports.Sources``: the one repository at ROOT. ``open_now`` counts those who have it open."""

    def __init__(self, calls: Calls, source: FakeSource) -> None:
        self.bundles: dict[str, bytes] = {}
        self.open_now = 0
        self._calls = calls
        self._source = source

    @contextlib.contextmanager
    def open(self, request: GateRequest, *, cancel: threading.Event) -> Iterator[Source]:
        """See ``ports.Sources``."""
        with self._calls.made("sources.open"):
            if cancel.is_set():
                raise Cancelled("cancelled while the repository was opened")
            if request.repository != ROOT:
                raise NotARepository(f"{request.repository} is in no repository", subject=str(request.repository))
            self.open_now += 1
        try:
            yield self._source
        finally:
            self.open_now -= 1

    def receive(self, upload: BundleUpload, chunks: Iterator[bytes], *, cancel: threading.Event) -> bool:
        """See ``ports.Sources``."""
        with self._calls.made("sources.receive"):
            if cancel.is_set():
                raise Cancelled("the sender has gone")
            if upload.digest in self.bundles:
                return True
            self.bundles[upload.digest] = b"".join(chunks)
            return False


class FakePatches:
    """Implements ``ports.Patches``. ``patches`` has the bytes by digest; PATCH is there."""

    def __init__(self, calls: Calls) -> None:
        self.patches = {digest_of(PATCH): PATCH}
        self._calls = calls

    def receive(self, upload: PatchUpload, chunks: Iterator[bytes], *, cancel: threading.Event) -> bool:
        """See ``ports.Patches``."""
        with self._calls.made("patches.receive"):
            if cancel.is_set():
                raise Cancelled("the sender has gone")
            if upload.digest in self.patches:
                return True
            self.patches[upload.digest] = b"".join(chunks)
            return False

    def read(self, digest: str) -> bytes:
        """See ``ports.Patches``."""
        with self._calls.made("patches.read"):
            if digest not in self.patches:
                raise PatchMissing("there is no such patch", subject=digest)
            return self.patches[digest]


def digest_of(patch: bytes) -> str:
    """How a patch is named."""
    return f"sha256:{hashlib.sha256(patch).hexdigest()}"
