"""Digests of what callers send, which may hold what no digest can be made of."""

from collections.abc import Callable
from typing import TypeVar

from autopack_model.errors import InvalidValue

ValueT = TypeVar("ValueT")


def digested(digest: Callable[[ValueT], str], value: ValueT, path: str) -> str:
    """The digest of ``value``. Raises InvalidValue for ``path`` when it has no canonical form (a number over 2**53)."""
    try:
        return digest(value)
    except ValueError as error:
        raise InvalidValue(path, f"has no canonical form: {error}") from error


def verified(digest: Callable[[ValueT], str], value: ValueT, expected: str, path: str) -> str:
    """The digest of ``value``, which must be ``expected``, given in the field ``path``. Raises InvalidValue."""
    actual = digested(digest, value, path)
    if actual != expected:
        raise InvalidValue(
            path, f"{expected} was announced, but what was sent comes to {actual}; it was changed on the way"
        )
    return actual
