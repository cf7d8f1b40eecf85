"""Column types that mean the same on every database."""

from sqlalchemy import Dialect, String, Text
from sqlalchemy.types import TypeDecorator

DIGEST = String(71)
"""``sha256:`` and 64 hex digits."""

NAME = String(63)
"""A run id or a phase."""


class ExactText(TypeDecorator[str]):
    r"""Text of any content. PostgreSQL refuses the character NUL: it is written as ``\0``, and ``\`` as ``\\``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape on the way in."""
        return None if value is None else value.replace("\\", "\\\\").replace("\0", "\\0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Undo it on the way out."""
        if value is None or "\\" not in value:
            return value
        return "\\".join(part.replace("\\0", "\0") for part in value.split("\\\\"))
