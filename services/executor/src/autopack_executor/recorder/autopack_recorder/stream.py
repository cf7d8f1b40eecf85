"""The file that the events are appended to. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import json
import os
import threading

from autopack_recorder.text import as_text

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode


class Stream:
    """Appends events to the stream's file, in the process that opened it only, until something goes wrong."""

    def __init__(self, path: str) -> None:
        self.count = 0
        self._path = path
        # Taken before any test runs, since tests replace them, or the whole module, for longer than one test.
        self._getpid, self._write, self._fstat = os.getpid, os.write, os.fstat
        self._open_file, self._close_file, self._cut = os.open, os.close, os.ftruncate
        self._pid = self._getpid()
        self._lock = threading.RLock()
        self._descriptor = -1
        self._identity = (0, 0)
        self._closed = False
        try:
            self._descriptor = self._open()
            self._identity = self._identify()
        except OSError:
            self._closed = True

    def write(self, event: str, **fields: object) -> None:
        """Append one event with a single system call, so that a line is either whole or the last."""
        with self._lock:
            if self._closed or self._getpid() != self._pid:
                return
            record: dict[str, object] = {"seq": self.count, "event": event}
            record.update(fields)
            try:
                line = _encode(record).encode("ascii") + b"\n"
                written = self._write(self._own_descriptor(), line)
            except OSError:
                self._closed = True  # the disk is full, say
                self._break_off()
                return
            self.count += 1
            if written != len(line):
                self._closed = True

    def give_up(self, reason: str) -> None:
        """Say that the recorder itself failed, and write nothing more: the stream then has no end."""
        self.write("broken", reason=as_text(reason, 500))
        self._closed = True

    def close(self) -> None:
        """Give the descriptor back. Does nothing in another process, and nothing after the stream was given up."""
        if not self._closed and self._getpid() == self._pid:
            self._closed = True
            self._close_file(self._descriptor)

    def _break_off(self) -> None:
        """Take the last line feed away. A stream that could not go on must not look as one whose process was ended by
        a test, also where the disk was full just at the end of a line.
        """
        try:
            status = self._fstat(self._descriptor)
            if (status.st_dev, status.st_ino) == self._identity and status.st_size:
                self._cut(self._descriptor, status.st_size - 1)
        except OSError:
            pass  # closed, replaced or not to be written at all: it has no end anyway

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        return self._open_file(self._path, flags, 0o600)

    def _own_descriptor(self) -> int:
        """The descriptor, opened anew when a test closed it, which may have given its number to somebody else."""
        try:
            if self._identify() == self._identity:
                return self._descriptor
        except OSError:
            pass  # closed by a test: open again below
        self._descriptor = self._open()
        if self._identify() != self._identity:
            raise OSError("the event stream was replaced by another file")
        return self._descriptor

    def _identify(self) -> tuple[int, int]:
        status = self._fstat(self._descriptor)
        return status.st_dev, status.st_ino
