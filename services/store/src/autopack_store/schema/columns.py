"""Column types that mean the same on every database.

Text is ordered by code point everywhere: that is how SQLite compares it, and what the collation ``C`` of a PostgreSQL
database in UTF-8 does. The order that PostgreSQL would use otherwise depends on the machine.
"""

from sqlalchemy import BigInteger, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

_ORDER = "C"


def short_text(length: int) -> String:
    """Text of up to ``length`` characters that holds no NUL: names, codes, digests. SQLite does not check either."""
    return String(length).with_variant(String(length, collation=_ORDER), "postgresql")


DIGEST = short_text(71)
"""``sha256:`` and 64 hex digits."""

NAME = short_text(63)
"""A run id or a phase."""

SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives. SQLite numbers only what is called INTEGER."""


class ExactText(TypeDecorator[str]):
    r"""Text of any content. PostgreSQL refuses the character NUL: it is written as ``\0``, and ``\`` as ``\\``."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Text, ordered by code point."""
        return Text(collation=_ORDER) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape on the way in."""
        return None if value is None else value.replace("\\", "\\\\").replace("\0", "\\0")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Undo it on the way out."""
        if value is None or "\\" not in value:
            return value
        return "\\".join(part.replace("\\0", "\0") for part in value.split("\\\\"))


class OrderedText(ExactText):
    r"""Text of any content whose order in the database is that of its code points. NUL is written as ``\1\1``, and the
    character after it as ``\1\2``; what ``ExactText`` makes of NUL would stand behind capital letters.
    """

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape on the way in."""
        return None if value is None else value.replace("\1", "\1\2").replace("\0", "\1\1")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Undo it on the way out."""
        return None if value is None else value.replace("\1\1", "\0").replace("\1\2", "\1")
