"""Which sources of a tree were written while its suite ran."""

import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from autopack_model.suite_run.value import Deviation, DeviationKind

# Code, and what pytest reads.
_PATTERNS = ("*.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A file: ``status`` changes with everything that is done to it, since no program can set the time of its last
    change back; ``content`` is the digest of what it holds, or what its link says.
    """

    status: tuple[int, ...]
    content: bytes


class SourceFiles:
    """The sources among ``paths`` of ``tree`` as they are now, before the suite."""

    def __init__(self, tree: Path, paths: Iterable[str]) -> None:
        self._tree = tree
        self._before = {path: self._look(path) for path in paths if _is_source(path)}

    def written(self, tests: Iterable[str]) -> tuple[Deviation, ...]:
        """Those that were written since, ascending. A file of ``tests`` (paths) counts however it was written, since
        it may have been another one when it was collected; any other counts when it is gone or holds something else.
        """
        collected = frozenset(tests)
        found = [path for path, before in self._before.items() if self._is_written(path, before, collected)]
        return tuple(Deviation(kind=DeviationKind.REWRITTEN_FILE, subject=path, path="") for path in sorted(found))

    def _is_written(self, path: str, before: _Source, collected: frozenset[str]) -> bool:
        if _status(self._tree / path) == before.status:
            return False
        return path in collected or self._look(path).content != before.content

    def _look(self, path: str) -> _Source:
        file = self._tree / path
        status = _status(file)
        try:
            link = stat.S_ISLNK(file.lstat().st_mode)
            held = os.fsencode(file.readlink()) if link else file.read_bytes()
        except OSError:
            held = b""
        return _Source(status=status, content=hashlib.sha256(held).digest())


def _status(file: Path) -> tuple[int, ...]:
    try:
        status = file.lstat()
    except OSError:
        return ()
    return (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _is_source(path: str) -> bool:
    return any(fnmatchcase(PurePosixPath(path).name, pattern) for pattern in _PATTERNS)
