"""Files that somebody announces by size and digest, and then sends in chunks."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from autopack_model.errors import BadRequest


class Announced(Protocol):
    """What the sender says of a file."""

    @property
    def digest(self) -> str:
        """``sha256:`` and the hex digits of its bytes."""

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""


def write_announced(
    path: Path, upload: Announced, chunks: Iterator[bytes], *, noun: str, refused: type[BadRequest]
) -> None:
    """Write the chunks to ``path``. Raises ``refused``, which calls the file ``noun``, unless they are what was
    announced; OSError.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as stream:
        for chunk in chunks:
            size += len(chunk)
            if size > upload.size_bytes:
                break
            digest.update(chunk)
            stream.write(chunk)
    if size != upload.size_bytes:
        more = "more than " if size > upload.size_bytes else f"{size} of "
        raise refused(f"{more}{upload.size_bytes} announced bytes came; send the {noun} again", subject=upload.digest)
    if f"sha256:{digest.hexdigest()}" != upload.digest:
        raise refused(
            f"what came has the digest sha256:{digest.hexdigest()} instead of {upload.digest}; send the {noun} again",
            subject=upload.digest,
        )
