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
    """The folders outside of ``interpreter`` that it imports from, sorted, none of them inside another, but for what
    lies in one of ``own``: the project itself, of which the recorder tells where it came from.
    """
    editable = (found.url for found in interpreter.distributions if found.editable and found.url.startswith("file:"))
    folders = {*map(Path, interpreter.path), *(Path(unquote(urlsplit(url).path)) for url in editable)}
    known = (interpreter.prefix, interpreter.base_prefix, *own)
    found = sorted(each for each in folders if not any(each.is_relative_to(place) for place in known))
    return tuple(each for each in found if not any(each != other and each.is_relative_to(other) for other in found))


def sources_digest(folders: Iterable[Path], *, limit: int = MAX_FILES) -> str:
    """SHA-256, in hex, of the names, sizes and times of the files below ``folders``; a virtual environment below them
    is left out, since nobody imports from it by this way.

    Where there are more than ``limit``, or a folder cannot be read, it is another one each time: what cannot be
    described is not known to be the same.
    """
    summed = hashlib.sha256()
    count = 0
    pending = [os.fspath(folder) for folder in folders]
    while pending:
        folder = pending.pop()
        summed.update(os.fsencode(folder) + b"\0")
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    summed.update(os.fsencode(entry.name) + f"\0{status.st_size} {status.st_mtime_ns}\0".encode())
                    count += 1
                elif entry.name not in _IGNORED and not Path(entry.path, "pyvenv.cfg").exists():
                    pending.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return secrets.token_hex(32)
        if count > limit:
            return secrets.token_hex(32)
    return summed.hexdigest()
