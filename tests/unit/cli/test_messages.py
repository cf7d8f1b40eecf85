"""What the command line says to people."""

import errno
import io
import sys

import pytest
import structlog

from autopack_cli.messages import configure_messages


class Full(io.StringIO):
    """A file on a disk that is full."""

    tries = 0

    def write(self, text: str, /) -> int:
        """Fail."""
        self.tries += 1
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_warning_that_cannot_be_written_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded service whose warning finds a full disk goes on with what it does."""
    full = Full()
    monkeypatch.setattr(sys, "stderr", full)
    configure_messages()

    structlog.get_logger("store").warning("something happened")

    assert 1 == full.tries
