"""Structured logs: one JSON object per line on standard error, whoever logs."""

import logging
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

import structlog

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
"""What a log level may be called."""


class LogSink:
    """Writes lines to ``file``, one after the other: what structlog's processors hand their lines to.

    A line that cannot be written (the disk is full, the reader has gone, the file is closed) is given up, although it
    may come late from the file's own buffer: what is done must not fail for what is said about it. The next line is
    tried again.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._guard = threading.Lock()

    def msg(self, line: str) -> None:
        """Write one line."""
        with self._guard:
            try:
                self._file.write(line + "\n")
                self._file.flush()
            except OSError:
                pass
            except ValueError:
                if not self._file.closed:
                    raise

    debug = info = warning = error = critical = log = msg


class _Forwarding(logging.Handler):
    """Lets libraries that use the standard library's logging write the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        structlog.get_logger().log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None
        )


def configure_logs(level: int = logging.INFO) -> None:
    """Make structlog, the standard library's logging and exceptions that nobody caught write JSON lines of at least
    ``level`` to standard error. May be called again, to change the level.
    """
    sink = LogSink(_standard_error())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=True, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: sink,
    )
    logging.basicConfig(handlers=[_Forwarding()], level=max(level, logging.WARNING), force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _standard_error() -> TextIO:
    """Standard error. A process that was started without one gets one that leads nowhere, before a connection or a
    database takes its number: libraries write to that, too.
    """
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    return sys.stderr


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger().critical("uncaught exception", exc_info=error)


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    thread = "" if given.thread is None else given.thread.name
    structlog.get_logger().critical("uncaught exception", thread=thread, exc_info=given.exc_value)
