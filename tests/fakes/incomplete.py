"""Messages that a careless client sends."""

from collections.abc import Callable
from typing import TypeVar

MessageT = TypeVar("MessageT")


def incomplete(kind: Callable[..., MessageT], **fields: object) -> MessageT:
    """A message of ``kind`` with these ``fields`` alone, which a type checker does not let anybody write."""
    return kind(**fields)
