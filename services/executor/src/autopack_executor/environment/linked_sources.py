"""Code that an environment only points to: editable installs of other projects, folders that a ``.pth`` names.

It changes without anything in the environment changing, so a description of the environment has to look at it too.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from autopack_executor.environment.interpreter import Interpreter

MAX_FILES = 50_000
# What tools write beside sources: nobody imports from there.
_IGNORED = frozenset(
    {".git", ".hg", ".autonomous_runs", "__pycache__", "node_modules"}
    | {".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".tox", ".nox"}
)


def linked_sources(interpreter: Interpreter, *, own: Iterable[Path]) -> tuple[Path, ...]:
    """The folders outside of ``interpreter`` that it imports from, sorted, but for what lies in one of ``own``: the
    project itself, of which the recorder tells where it came from.
    """
    editable = (found.url for found in interpreter.distributions if found.editable and found.url.startswith("file:"))
    folders = {*map(Path, interpreter.path), *(Path(unquote(urlsplit(url).path)) for url in editable)}
    known = (interpreter.prefix, interpreter.base_prefix, *own)
    return tuple(sorted(each for each in folders if not any(each.is_relative_to(place) for place in known)))


def sources_digest(folders: Iterable[Path], *, limit: int = MAX_FILES) -> str:
    """SHA-256, in hex, of the names, sizes and times of the files below ``folders``.

    Where there are more than ``limit``, or a folder cannot be read, it is another one each time: what cannot be
    described is not known to be the same.
    """
    summed = hashlib.sha256()
    count = 0
    for folder in folders:
        summed.update(os.fsencode(folder) + b"\0")
        try:
            for directory, names, files in os.walk(folder, onerror=_refuse):
                names[:] = sorted(set(names) - _IGNORED)
                count += len(files)
                if count > limit:
                    return secrets.token_hex(32)
                for name in sorted(files):
                    path = Path(directory, name)
                    status = path.lstat()
                    summed.update(os.fsencode(path) + f"\0{status.st_size} {status.st_mtime_ns}\0".encode())
        except OSError:
            return secrets.token_hex(32)
    return summed.hexdigest()


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
