"""The files that a run left, for people: a list of them, or one of them as it is."""

import codecs
from collections.abc import Iterable
from typing import TextIO

from autopack_cli.render.text import printable_lines
from autopack_model.artifact.value import ArtifactEntry


def print_entries(entries: Iterable[ArtifactEntry], stream: TextIO) -> None:
    """Print a line for each file: its side, what it holds, and its size in bytes."""
    for entry in entries:
        stream.write(f"{entry.side.label:<5} {entry.artifact.label:<9} {entry.size_bytes:>12}\n")


def print_bytes(parts: Iterable[bytes], stream: TextIO) -> None:
    """Print a file. A terminal gets text whose control characters are shown and not obeyed; a file or a pipe gets the
    bytes as they are.
    """
    if not stream.isatty():
        stream.flush()
        for part in parts:
            stream.buffer.write(part)
        stream.buffer.flush()
        return
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for part in parts:
        stream.write(printable_lines(decoder.decode(part)))
    stream.write(printable_lines(decoder.decode(b"", final=True)))
