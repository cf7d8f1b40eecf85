"""The errors that all of Autopack shares. Each says what happened, to which thing, and what to do."""

import contextlib
from collections.abc import Iterator


class AutopackError(Exception):
    """The base of all errors that a service or a command foresees.

    ``reason`` is a stable upper-case code, ``message`` is a text for people, ``subject`` names the thing concerned.
    """

    reason = "AUTOPACK_ERROR"

    def __init__(self, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject


class BadRequest(AutopackError):
    """The caller asked for something that cannot be: a usage error (exit code 2). Nothing is recorded as a verdict."""

    reason = "BAD_REQUEST"


class Cancelled(AutopackError):
    """The run was cancelled."""

    reason = "CANCELLED"


class InvalidValue(ValueError):
    """A value is outside what the contract allows.

    ``path`` names the field (``"head.states"``), ``problem`` says what is wrong with it and what is expected.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


@contextlib.contextmanager
def within(path: str) -> Iterator[None]:
    """Put ``path`` in front of the path of every InvalidValue that leaves the block."""
    try:
        yield
    except InvalidValue as error:
        raise InvalidValue(f"{path}.{error.path}", error.problem) from error
