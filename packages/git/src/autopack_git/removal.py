"""Directories that must go, whatever a test suite left in them."""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from autopack_git.errors import GitFailed

_ATTEMPTS = 5


def remove_directory(path: Path) -> None:
    """Remove the directory ``path`` with all it holds, read-only directories included; nothing when it is absent.

    Symbolic links are removed, never followed. Raises GitFailed when something stays behind.
    """
    problem: OSError | None = None
    for _ in range(_ATTEMPTS):
        if not os.path.lexists(path):
            return
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            # A read-only directory; or a process of the suite that is still ending added a file meanwhile.
            problem = error
            with suppress(FileNotFoundError, PermissionError):
                _make_writable(path)
    if os.path.lexists(path):
        raise GitFailed(f"{path} could not be removed: {problem}; remove it by hand", subject=str(path))


def _make_writable(directory: Path) -> None:
    mode = directory.lstat().st_mode
    if not stat.S_ISDIR(mode):
        return
    directory.chmod(stat.S_IMODE(mode) | stat.S_IRWXU)
    with os.scandir(directory) as entries:
        below = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    for path in below:
        _make_writable(path)
