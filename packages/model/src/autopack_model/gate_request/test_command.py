"""The operator's test command."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCommand:
    """The operator's test command: pytest arguments, interpreter, optional setup command, time-out in milliseconds.

    ``interpreter`` is a Python executable or the root of a virtual environment; None leaves it to the executor. The
    time-out bounds the suite and, separately, the setup command.
    """

    __test__ = False

    interpreter: Path | None
    arguments: tuple[str, ...]
    setup: str | None
    timeout_ms: int
