"""The test command: what is run on both sides, all options and the configuration considered."""

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_TIMEOUT_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedVariable:
    """A variable with the keyed digest of its value, which is all that a record may hold of it. One that is not
    ``secret`` has a value that the repository itself tells.
    """

    name: str
    value: str = field(repr=False)
    digest: str
    secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedFile:
    """A file that no commit holds: its path, the bytes that both sides get, and their keyed digest."""

    path: str
    content: bytes = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCommand:
    """The operator's test command: pytest arguments, interpreter, optional setup command, time-out in milliseconds.

    ``interpreter`` is a Python executable or the root of a virtual environment; None leaves it to the executor. The
    time-out bounds the suite and, separately, the setup command and those before and after the suite. All of them run
    in ``folder`` of the tree, empty for its top, with ``variables``; the setup command has ``setup_variables`` too.
    Variables ascend by name, ``copies`` by path.
    """

    __test__ = False

    interpreter: Path | None
    arguments: tuple[str, ...]
    setup: str | None
    timeout_ms: int
    folder: str = ""
    variables: tuple[KeyedVariable, ...] = ()
    setup_variables: tuple[KeyedVariable, ...] = ()
    copies: tuple[KeyedFile, ...] = ()
    before_side: str | None = None
    after_side: str | None = None
