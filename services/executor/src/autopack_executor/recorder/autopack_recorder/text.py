"""Text that any encoding can carry. PYTEST_DONT_REWRITE"""

from __future__ import annotations

# Characters of a message that an event carries.
MAX_MESSAGE = 4096


def as_text(value: object, limit: int | None = None) -> str:
    """``value`` as a string of at most ``limit`` characters; lone surrogates become escapes."""
    if type(value) is str:
        text = value
    else:
        try:
            text = str(value)
        except Exception as error:  # noqa: BLE001 - the candidate's code may raise anything
            text = f"<{type(value).__name__} whose text cannot be had: {type(error).__name__}>"
    if limit is not None:
        text = text[:limit]
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def reason_of(error: BaseException) -> str:
    """The type and the text of an exception."""
    return f"{type(error).__name__}: {as_text(error)}"
