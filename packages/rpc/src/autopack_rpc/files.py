"""Writing whole files or none, and removing trees that resist."""

import json
import os
import secrets
import shutil
import stat
from pathlib import Path

from autopack_model.canonical import Json


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` under a temporary name beside ``path`` and rename it: a reader sees the old file or the new one,
    never a part. Raises OSError; nothing is left behind then.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def copy_whole(source: Path, path: Path) -> None:
    """Copy the file ``source`` to ``path`` as ``write_whole`` does. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        shutil.copyfile(source, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Json) -> None:
    """Write ``value`` as JSON with sorted keys, whole or not at all. Raises OSError."""
    write_whole(path, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def remove_tree(path: Path) -> None:
    """Remove ``path`` and all below it; directories that their owner may not enter or change are opened first.
    Idempotent.

    Raises OSError when something cannot be removed.
    """
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    if not path.exists():
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        _open_directories(path)
        shutil.rmtree(path)


def _open_directories(path: Path) -> None:
    path.chmod(stat.S_IRWXU)
    with os.scandir(path) as entries:
        below = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    for directory in below:
        _open_directories(directory)
