"""Lengths of time as people write them."""

import re

from autopack_model.errors import InvalidValue
from autopack_model.run.value import MAX_TIMEOUT_MS

FORMS = "'10m', '90s', '1h30m', or a number of seconds"
_PARTS = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,3})?)s)?")
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


def milliseconds(text: str, path: str) -> int:
    """The milliseconds that ``text`` stands for, from 1 ms to a day. Raises InvalidValue."""
    stripped = text.strip()
    if _SECONDS.fullmatch(stripped):
        return check_milliseconds(round(float(stripped) * 1000), path, text)
    parts = _PARTS.fullmatch(stripped)
    if parts is None or not stripped:
        raise InvalidValue(path, f"{text[:80]!r} is not a length of time; write {FORMS}")
    hours, minutes, seconds = (float(part or 0) for part in parts.groups())
    return check_milliseconds(round((hours * 3600 + minutes * 60 + seconds) * 1000), path, text)


def check_milliseconds(value: int, path: str, text: str) -> int:
    """Return ``value`` when a run may have this time limit; ``text`` is what was written. Raises InvalidValue."""
    if not 1 <= value <= MAX_TIMEOUT_MS:
        raise InvalidValue(path, f"{text[:80]!r} is outside one millisecond to a day (24h)")
    return value


def duration(value: int) -> str:
    """``value`` (milliseconds) in one of the forms that ``milliseconds`` reads."""
    seconds, rest = divmod(value, 1000)
    if rest:
        return f"{value / 1000:g}s"
    hours, left = divmod(seconds, 3600)
    minutes, left = divmod(left, 60)
    parts = ((hours, "h"), (minutes, "m"), (left, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
