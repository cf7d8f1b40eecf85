"""`RepositorySources`: where the repositories of runs come from.

::

    sources/<key>/repository/   a bundle's commits, or the clone of a URL; nothing is checked out there
    sources/<key>/lock          flock: shared by those who use it, exclusive for whoever drops it
    sources/<key>/used          touched at each use
    sources/<key>/roots         the commits in which the history of a bundle begins
    sources/<key>/fetching      flock: one update of a clone at a time

A bundle gets a repository of its own, named by its digest: no other bundle can change what its names mean.
"""

import contextlib
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autopack_executor.errors import BundleMissing, CloneNotAllowed, ExecutorError
from autopack_executor.workspace.announced import write_announced
from autopack_executor.workspace.artifacts import RunArtifacts
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.lock import RETRY_S, held, try_lock, try_shared_lock
from autopack_git.bundle import unpack_bundle
from autopack_git.errors import BundleRefused
from autopack_git.mirror import update_mirror
from autopack_git.repository import GitRepository
from autopack_model.bundle.value import BundleUpload
from autopack_model.errors import Cancelled
from autopack_model.gate_request.clone_url import is_allowed
from autopack_model.gate_request.value import GateRequest

DAY_S: Final = 86_400.0
HALF_MADE_S: Final = 3600.0
MiB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """What the operator allows: prefixes of URLs, the size of a bundle, how much disk space all sources may take before
    one comes, and how long an unused source is kept.
    """

    clone_allow: tuple[str, ...] = ()
    max_bundle_bytes: int = 2048 * MiB
    most_bytes: int = 20_480 * MiB
    keep_s: float = 14 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSource:
    """Implements ``ports.Source``."""

    name: str
    identity: str
    repository: GitRepository
    artifacts: RunArtifacts


class RepositorySources:
    """Implements ``ports.Sources`` below ``home``; ``clock_s`` tells the seconds since the epoch."""

    def __init__(self, home: Home, limits: SourceLimits, clock_s: Callable[[], float] = time.time) -> None:
        self._home = home
        self._limits = limits
        self._clock_s = clock_s

    @contextlib.contextmanager
    def open(self, request: GateRequest, *, cancel: threading.Event) -> Iterator[OpenSource]:
        """See ``ports.Sources.open``."""
        if request.clone_url is not None:
            with self._clone(request.clone_url, cancel) as root:
                yield self._source(root, request.clone_url, request.clone_url)
        elif request.bundle_digest is not None:
            with self._bundle(request.bundle_digest, cancel) as root:
                # Two machines may send different repositories that lie at the same path.
                roots = (root.parent / "roots").read_text()
                yield self._source(root, str(request.repository), f"{request.repository} {roots}")
        elif request.repository is not None:
            repository = GitRepository(request.repository, state=self._home.root / "git")
            root = repository.root
            yield OpenSource(name=str(root), identity=str(root), repository=repository, artifacts=RunArtifacts(root))

    def receive(self, upload: BundleUpload, chunks: Iterator[bytes], *, cancel: threading.Event) -> bool:
        """See ``ports.Sources.receive``."""
        if upload.size_bytes > self._limits.max_bundle_bytes:
            raise BundleRefused(
                f"the bundle has {upload.size_bytes} bytes, and this executor takes at most "
                f"{self._limits.max_bundle_bytes} (AUTOPACK_MAX_BUNDLE_MB); let it clone the repository from its URL",
                subject=upload.digest,
            )
        try:
            return self._receive(upload, chunks, cancel)
        except OSError as error:
            raise ExecutorError(
                f"the bundle {upload.digest} cannot be kept in {self._home.sources}: {error.strerror or error}; check "
                "the executor's disk",
                subject=upload.digest,
            ) from error

    def _receive(self, upload: BundleUpload, chunks: Iterator[bytes], cancel: threading.Event) -> bool:
        place = self._home.sources / _bundle_key(upload.digest)
        with contextlib.suppress(BundleMissing), self._bundle(upload.digest, cancel):
            return True
        self.drop_unused()
        making = self._home.sources / f"new-{secrets.token_hex(8)}"
        making.mkdir()
        lock = try_lock(making / "lock")
        try:
            bundle = making / "bundle"
            write_announced(bundle, upload, chunks, noun="bundle", refused=BundleRefused)
            if cancel.is_set():
                raise Cancelled(f"the sender of {upload.digest} has gone", subject=upload.digest)
            unpack_bundle(bundle, making / "repository", cancel)
            roots = GitRepository(making / "repository", state=self._home.root / "git").root_commits()
            (making / "roots").write_text(" ".join(roots))
            bundle.unlink()
            (making / "used").touch()
            try:
                making.rename(place)
            except OSError:
                if not place.exists():
                    raise
                return True  # another one sent the same meanwhile
        finally:
            if lock is not None:
                os.close(lock)
            self._home.discard(making)
        return False

    def drop_unused(self) -> tuple[str, ...]:
        """Drop what nobody used for long and what killed executors left half made and, while all takes too much disk
        space, what was not used for the longest time. What is in use stays. Returns the names of what went, sorted.
        """
        gone, kept = [], []
        for place in self._home.sources.iterdir():
            with contextlib.suppress(FileNotFoundError):
                half_made = place.name.startswith("new-")
                used = (place if half_made else place / "used").stat().st_mtime
                old = self._clock_s() - used > (HALF_MADE_S if half_made else self._limits.keep_s)
                if old and self._drop(place):
                    gone.append(place.name)
                elif not half_made:
                    kept.append((used, place.name, _size(place)))
        total = sum(size for _, _, size in kept)
        for _, name, size in sorted(kept):
            if total <= self._limits.most_bytes:
                break
            if self._drop(self._home.sources / name):
                gone.append(name)
                total -= size
        return tuple(sorted(gone))

    def _drop(self, place: Path) -> bool:
        lock = try_lock(place / "lock")
        if lock is None:
            return False
        try:
            self._home.discard(place)
        finally:
            os.close(lock)
        return True

    def _source(self, root: Path, name: str, identity: str) -> OpenSource:
        repository = GitRepository(root, state=self._home.root / "git")
        # Not beside the repository, which its next user shares, and which is dropped some day.
        return OpenSource(name=name, identity=identity, repository=repository, artifacts=RunArtifacts(self._home.root))

    @contextlib.contextmanager
    def _bundle(self, digest: str, cancel: threading.Event) -> Iterator[Path]:
        place = self._home.sources / _bundle_key(digest)
        with _in_use(place, cancel) as there:
            if not there:
                raise BundleMissing(
                    f"there is no bundle {digest}; send it again, it is dropped when nobody uses it", subject=digest
                )
            yield place / "repository"

    @contextlib.contextmanager
    def _clone(self, url: str, cancel: threading.Event) -> Iterator[Path]:
        if not is_allowed(url, self._limits.clone_allow):
            allowed = ", ".join(self._limits.clone_allow) or "nothing"
            raise CloneNotAllowed(
                f"this executor may not clone {url}; its operator allows {allowed} (AUTOPACK_CLONE_ALLOW, prefixes of "
                "URLs separated by spaces)",
                subject=url,
            )
        place = self._home.sources / f"url-{hashlib.sha256(url.encode()).hexdigest()}"
        if not place.exists():
            self.drop_unused()
        place.mkdir(exist_ok=True)
        (place / "used").touch()
        with _in_use(place, cancel) as there:
            if not there:
                raise ExecutorError(f"the clone of {url} was dropped just now; try again", subject=url)
            with held(place / "fetching", cancel=cancel, on_wait=lambda: None):
                update_mirror(place / "repository", url, cancel)
            yield place / "repository"


def _size(place: Path) -> int:
    """The bytes of all files below ``place``; those that go meanwhile count nothing."""
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(folder) / name).lstat().st_size
    return total


def _bundle_key(digest: str) -> str:
    return f"bundle-{digest.removeprefix('sha256:')}"


@contextlib.contextmanager
def _in_use(place: Path, cancel: threading.Event) -> Iterator[bool]:
    """Keep ``place`` from being dropped inside the block; whether it is there at all."""
    descriptor = None
    while descriptor is None and place.exists():
        descriptor = try_shared_lock(place / "lock")
        if descriptor is None and cancel.wait(RETRY_S):
            raise Cancelled(f"cancelled while waiting for {place.name}", subject=place.name)
    try:
        if descriptor is not None:
            (place / "used").touch()
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)
