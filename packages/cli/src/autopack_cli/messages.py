"""What the command line says to people besides its results: plain lines on standard error."""

import contextlib
import os
import sys
from collections.abc import MutableMapping
from typing import IO

import structlog

from autopack_rpc.logs import LogSink


def tell(message: str) -> None:
    """Print one message. When nobody can read it any more, the command goes on without a word."""
    try:
        print(f"autopack: {message}", file=sys.stderr, flush=True)  # noqa: T201 - the command line speaks
    except OSError:
        silence(sys.stderr)


def silence(stream: IO[str]) -> None:
    """Throw away what is written to ``stream`` from here on: its reader has gone, or its disk is full."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):  # a stream without a descriptor writes nowhere
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def configure_messages() -> None:
    """Print the warnings and errors of embedded services as messages too. What they log of each call is for servers."""
    sink = LogSink(sys.stderr)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, _as_message],
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )


def _as_message(_logger: object, _method: str, event: MutableMapping[str, object]) -> str:
    trace = event.pop("exception", "")
    what = event.pop("event", "")
    details = ", ".join(f"{name} {event[name]}" for name in sorted(event))
    return f"autopack: {what}" + (f" ({details})" if details else "") + (f"\n{trace}" if trace else "")
