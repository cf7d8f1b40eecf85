"""Texts of bounded length, and lists of bounded length."""

from collections.abc import Iterable, Sized
from itertools import pairwise

from autopack_model.errors import InvalidValue


def check_text(value: str, path: str, *, most: int, least: int = 0) -> str:
    """Return ``value`` when it has ``least`` to ``most`` characters, all of which UTF-8 can write.

    Raises InvalidValue otherwise.
    """
    if not least <= len(value) <= most:
        raise InvalidValue(path, f"has {len(value)} characters; expected {least} to {most}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(path, f"holds {value[error.start]!r} at {error.start}, which is not a character") from error
    return value


def check_name(value: str, path: str, *, most: int) -> str:
    """Return ``value`` when it has 1 to ``most`` printable characters. Raises InvalidValue otherwise."""
    if not value.isprintable():
        raise InvalidValue(path, f"{value[:80]!r} holds characters that cannot be printed")
    return check_text(value, path, least=1, most=most)


def check_count(items: Sized, path: str, *, most: int) -> None:
    """Raise InvalidValue when there are more than ``most`` items."""
    if len(items) > most:
        raise InvalidValue(path, f"has {len(items)} entries; at most {most} are allowed")


def check_ascending(items: Iterable[str], path: str) -> None:
    """Raise InvalidValue unless the items are strictly ascending."""
    for first, second in pairwise(items):
        if first >= second:
            raise InvalidValue(path, f"must be strictly ascending; {second[:80]!r} stands behind {first[:80]!r}")
