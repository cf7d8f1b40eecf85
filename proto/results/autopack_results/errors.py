"""The one error for values that do not satisfy the contract."""

import contextlib
from collections.abc import Iterator


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
