"""Numbers of things: lines, tokens, milliseconds."""

from autopack_model.errors import InvalidValue

MAX_AMOUNT = 2**53 - 1
"""The largest whole number that canonical JSON (RFC 8785) can write."""


def check_amount(value: int, path: str, *, least: int = 0, most: int = MAX_AMOUNT) -> int:
    """Return ``value`` when it is ``least`` to ``most``. Raises InvalidValue otherwise."""
    if not least <= value <= most:
        raise InvalidValue(path, f"{value} is outside {least} to {most}")
    return value
