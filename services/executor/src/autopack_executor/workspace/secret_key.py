"""The key of keyed digests, which one state directory keeps for itself."""

import contextlib
import os
import secrets
from pathlib import Path

from autopack_executor.errors import ExecutorError

BYTES = 32


def secret_key(path: Path) -> bytes:
    """The key in the file ``path``, which only this user can read; made when there is none. Raises ExecutorError."""
    try:
        if not path.exists():
            made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_bytes(BYTES))
            with contextlib.suppress(FileExistsError):  # another process was quicker: its key counts
                os.link(made, path)
            made.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise ExecutorError(f"the key {path} cannot be read or made: {error.strerror}", subject=str(path)) from error
    if len(key) != BYTES:
        raise ExecutorError(
            f"the key {path} has {len(key)} bytes instead of {BYTES}; delete it, and a new one is made",
            subject=str(path),
        )
    return key
