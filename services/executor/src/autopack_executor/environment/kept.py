"""What is kept of virtual environments: where each lies, what its setup did to the worktree, and which one serves whom.

::

    environments/<key>/venv/            the environment, at its final place: it cannot be moved
    environments/<key>/complete.json    written last; what lies there without it is a leftover
    environments/<key>/written/         what its setup wrote into the worktree
    environments/<key>/used             touched at each use
    environments/<key>/lock             flock: shared by the runs that use it, exclusive for whoever drops it
    environments/<name>.json            a pointer: the key of the environment that serves all of ``name``
"""

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autopack_executor.workspace.folders import Workspace
from autopack_executor.workspace.home import Home
from autopack_executor.workspace.lock import try_lock
from autopack_executor.workspace.worktree_content import WorktreeChanges
from autopack_model.suite_run.value import SetupChange
from autopack_rpc.files import write_json

_HEX = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a setup that succeeded left: its changes of the worktree, those that are evidence, and whether it kept the
    versions of base. The environment was made for ``repository``.
    """

    repository: str
    changes: WorktreeChanges
    evidence: tuple[SetupChange, ...]
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentLimits:
    """How many environments are kept of each repository, and for how long one that nobody uses."""

    most: int = 20
    keep_s: float = 14 * 86_400.0


DEFAULT_LIMITS: Final = EnvironmentLimits()


class KeptEnvironments:
    """The environments below ``home.environments``; ``clock_s`` tells the seconds since the epoch."""

    def __init__(self, home: Home, limits: EnvironmentLimits, clock_s: Callable[[], float] = time.time) -> None:
        self._home = home
        self._limits = limits
        self._clock_s = clock_s

    def directory(self, key: str) -> Path:
        """Where the environment ``key`` is or shall be."""
        return self._home.environments / key

    def written(self, key: str) -> Path:
        """Where what its setup wrote into the worktree is kept."""
        return self.directory(key) / "written"

    def begin(self, key: str, user: Workspace) -> None:
        """Make an empty directory for the environment, which ``user`` holds; what lay there before is gone."""
        self.discard(key)
        self.directory(key).mkdir()
        self.hold(key, user)

    def hold(self, key: str, user: Workspace) -> bool:
        """Keep the environment from being dropped until the run of ``user`` is over; False where there is none."""
        if not user.hold(self.directory(key) / "lock"):
            return False
        (self.directory(key) / "used").touch()
        return True

    def discard(self, key: str) -> None:
        """Take an environment away."""
        self._home.discard(self.directory(key))

    def drop_unused(self) -> tuple[str, ...]:
        """Drop what killed executors left half made, what nobody used for long and, of each repository, what was not
        used for the longest time while there are too many. What is in use stays. Returns the keys of what went, sorted.
        """
        kept: dict[str, list[tuple[float, str]]] = {}
        gone = []
        for place in self._home.environments.iterdir():
            # Without the file it is a pointer, or just being begun.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                used = (place / "used").stat().st_mtime
                done = self.completed(place.name)
                old = done is None or self._clock_s() - used > self._limits.keep_s
                if old and self._drop(place.name):
                    gone.append(place.name)
                elif done is not None:
                    kept.setdefault(done.repository, []).append((used, place.name))
        for environments in kept.values():
            surplus = sorted(environments)[: max(0, len(environments) - self._limits.most)]
            gone += [key for _, key in surplus if self._drop(key)]
        return tuple(sorted(gone))

    def _drop(self, key: str) -> bool:
        lock = try_lock(self.directory(key) / "lock")
        if lock is None:
            return False
        try:
            self.discard(key)
            for pointer in self._home.environments.glob("*.json"):
                if self.pointed(pointer.stem) == key:
                    pointer.unlink(missing_ok=True)
        finally:
            os.close(lock)
        return True

    def complete(self, key: str, done: Completed) -> None:
        """Say that the environment is whole. Raises OSError."""
        write_json(
            self.directory(key) / "complete.json",
            {
                "written": list(done.changes.written),
                "deleted": list(done.changes.deleted),
                "evidence": [[change.path, change.content] for change in done.evidence],
                "pinned": done.pinned,
                "repository": done.repository,
            },
        )

    def completed(self, key: str) -> Completed | None:
        """What the setup of a whole environment left; None when there is none."""
        try:
            document = json.loads((self.directory(key) / "complete.json").read_bytes())
            return Completed(
                changes=WorktreeChanges(written=tuple(document["written"]), deleted=tuple(document["deleted"])),
                evidence=tuple(SetupChange(path=path, content=content) for path, content in document["evidence"]),
                pinned=bool(document["pinned"]),
                repository=str(document["repository"]),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def point(self, name: str, key: str) -> None:
        """Have the environment ``key`` serve ``name``. Raises OSError."""
        write_json(self._home.environments / f"{name}.json", {"environment": key})

    def pointed(self, name: str) -> str | None:
        """The key of the environment that serves ``name``, if there is one."""
        try:
            document = json.loads((self._home.environments / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        key = document.get("environment") if isinstance(document, dict) else None
        return key if isinstance(key, str) and _HEX.fullmatch(key) else None


def key_of(parts: Mapping[str, str]) -> str:
    """A key of 24 hex digits for ``parts``."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
