"""What a worktree holds, and what a setup command changed in it."""

import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Git's own, and caches that any run of Python or pytest makes anew.
_IGNORED = frozenset({".git", "__pycache__", ".pytest_cache"})


def paths_below(worktree: Path) -> list[str]:
    """Every file below ``worktree``, links included, git's own and caches not: relative, with ``/``, sorted."""
    found: list[str] = []
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(worktree / prefix) as entries:
            for entry in entries:
                if entry.name in _IGNORED:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{prefix}{entry.name}/")
                else:
                    found.append(prefix + entry.name)
    return sorted(found)


def content(worktree: Path) -> dict[str, str]:
    """Every one of ``paths_below``, and a text that changes with its kind, its mode and its content. Raises OSError
    for a file that cannot be read.
    """
    return {path: _describe(worktree / path) for path in paths_below(worktree)}


def digest(described: Mapping[str, str]) -> str:
    """SHA-256, in hex, of what ``content`` found."""
    summed = hashlib.sha256()
    for path, what in sorted(described.items()):
        summed.update(os.fsencode(path) + b"\0" + what.encode() + b"\0")
    return summed.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeChanges:
    """What changed between two looks at a worktree: files that are new or different, and files that are gone."""

    written: tuple[str, ...]
    deleted: tuple[str, ...]

    @staticmethod
    def between(before: Mapping[str, str], after: Mapping[str, str]) -> "WorktreeChanges":
        """The changes from ``before`` to ``after``, sorted."""
        return WorktreeChanges(
            written=tuple(sorted(path for path, what in after.items() if before.get(path) != what)),
            deleted=tuple(sorted(set(before) - set(after))),
        )


def save(changes: WorktreeChanges, worktree: Path, store: Path) -> None:
    """Copy the written files to ``store``. Raises OSError."""
    for path in changes.written:
        _copy(worktree / path, store / path)


def restore(changes: WorktreeChanges, store: Path, worktree: Path) -> None:
    """Do to ``worktree`` what ``changes`` did to the worktree that they were saved from. Raises OSError."""
    for path in changes.deleted:
        (worktree / path).unlink(missing_ok=True)
    for path in changes.written:
        _copy(store / path, worktree / path)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() or target.exists():
        target.unlink()
    shutil.copy2(source, target, follow_symlinks=False)


def _describe(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return f"link {os.fsencode(path.readlink()).hex()}"
    if not stat.S_ISREG(mode):
        return f"special {stat.S_IFMT(mode)}"
    with path.open("rb") as stream:
        summed = hashlib.file_digest(stream, "sha256").hexdigest()
    return f"{'program' if mode & 0o100 else 'file'} {summed}"
