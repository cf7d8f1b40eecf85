"""What is kept of virtual environments: where each lies, what its setup did to the worktree, and which one serves whom.

::

    environments/<key>/venv/            the environment, at its final place: it cannot be moved
    environments/<key>/complete.json    written last; what lies there without it is a leftover
    environments/<key>/written/         what its setup wrote into the worktree
    environments/<name>.json            a pointer: the key of the environment that serves all of ``name``
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_executor.workspace.home import Home
from autopack_executor.workspace.worktree_content import WorktreeChanges
from autopack_model.suite_run.value import SetupChange
from autopack_rpc.files import write_json

_HEX = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a setup that succeeded left: its changes of the worktree, those that are evidence, and whether it kept the
    versions of base.
    """

    changes: WorktreeChanges
    evidence: tuple[SetupChange, ...]
    pinned: bool


class KeptEnvironments:
    """The environments below ``home.environments``."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def directory(self, key: str) -> Path:
        """Where the environment ``key`` is or shall be."""
        return self._home.environments / key

    def written(self, key: str) -> Path:
        """Where what its setup wrote into the worktree is kept."""
        return self.directory(key) / "written"

    def begin(self, key: str) -> Path:
        """An empty directory for the environment; what lay there before is gone."""
        self.discard(key)
        self.directory(key).mkdir()
        return self.directory(key)

    def discard(self, key: str) -> None:
        """Take an environment away."""
        self._home.discard(self.directory(key))

    def complete(self, key: str, done: Completed) -> None:
        """Say that the environment is whole. Raises OSError."""
        write_json(
            self.directory(key) / "complete.json",
            {
                "written": list(done.changes.written),
                "deleted": list(done.changes.deleted),
                "evidence": [[change.path, change.content] for change in done.evidence],
                "pinned": done.pinned,
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
