"""A log file that keeps the beginning and the end of an output of any length."""

import os
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 15 * 1024 * 1024
TAIL_BYTES = 1024 * 1024
SHOWN_CHARACTERS = 8192
LINE_CHARACTERS = 400


class OutputLog:
    """Takes output as it comes and keeps its first ``head_bytes`` and last ``tail_bytes``.

    Writing never raises, because what feeds it must go on managing a child: the first failure is kept in ``error``
    and everything after it is dropped.
    """

    def __init__(self, path: Path, *, head_bytes: int = HEAD_BYTES, tail_bytes: int = TAIL_BYTES) -> None:
        self.error: OSError | None = None
        self._room = head_bytes
        self._tail_bytes = tail_bytes
        self._tail = bytearray()
        self._dropped = 0
        self._file: BinaryIO | None = None
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            self.error = error

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of output."""
        head = chunk[: self._room]
        self._room -= len(head)
        self._write(head)
        self._tail += chunk[len(head) :]
        if len(self._tail) > 2 * self._tail_bytes:
            self._cut()

    def close(self) -> None:
        """Write the kept end and close the file. Idempotent."""
        self._cut()
        if self._dropped:
            self._write(f"\n[autopack: {self._dropped} bytes of output are not kept here]\n".encode())
        self._write(bytes(self._tail))
        self._tail.clear()
        self._dropped = 0
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self.error = self.error or error
            self._file = None

    def _cut(self) -> None:
        excess = len(self._tail) - self._tail_bytes
        if excess > 0:
            del self._tail[:excess]
            self._dropped += excess

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._file is not None and self.error is None:
            try:
                view = view[self._file.write(view) :]
            except OSError as error:
                self.error = error


def read_tail(path: Path, characters: int = SHOWN_CHARACTERS) -> str:
    """The last ``characters`` of the log at ``path``, beginning with a whole line where there is one; empty when there
    is no log. Bytes that are not UTF-8 are replaced. Raises OSError.
    """
    longest = 4  # bytes of a character
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            start = max(0, size - longest * characters)
            stream.seek(start)
            text = stream.read(size - start).decode(errors="replace")
    except FileNotFoundError:
        return ""
    if len(text) <= characters and start == 0:
        return text
    cut = text[-characters:]
    return cut.partition("\n")[2] or cut


def last_line(path: Path) -> str:
    """The last line with anything on it in the log at ``path``, which may still grow; empty when there is none yet."""
    try:
        lines = read_tail(path, LINE_CHARACTERS).splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
