"""Temporary files of git commands: they live in the state directory, never in the user's repository."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autopack_git.errors import GitFailed


@contextmanager
def scratch_directory(state: Path) -> Iterator[Path]:
    """A new directory below ``state``, removed on exit. Raises GitFailed when it cannot be made."""
    parent = state / "scratch"
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = tempfile.TemporaryDirectory(prefix="git-", dir=parent)
    except OSError as error:
        raise GitFailed(f"no temporary directory in {parent}: {error}", subject=str(parent)) from error
    with directory as path:
        yield Path(path).resolve()
