"""Times as people write them."""

import re
from datetime import UTC, date, datetime, timedelta

from autopack_model.errors import BadRequest

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AHEAD = re.compile(r"(\d{1,5})([dw])", re.ASCII)
_AGO = re.compile(r"(\d{1,9})([mhdw])", re.ASCII)


def read_expiry(text: str, option: str, *, today: date) -> date:
    """The day that ``text`` gives: a number of days or weeks from ``today`` (``30d``, ``4w``), or a date.

    Raises BadRequest, which names ``option``, for other texts and for a day that has gone by.
    """
    ahead = _AHEAD.fullmatch(text)
    try:
        days = 0 if ahead is None else int(ahead[1]) * (7 if ahead[2] == "w" else 1)
        day = date.fromisoformat(text) if ahead is None else today + timedelta(days=days)
    except (ValueError, OverflowError) as error:
        raise BadRequest(
            f"{option} {text[:80]!r}: is not a day; write 30d (or w), or 2030-12-31", subject=option
        ) from error
    if day < today:
        raise BadRequest(f"{option} {text[:80]!r}: has gone by; name a day to come", subject=option)
    return day


def read_moment(text: str, option: str, *, now_ms: int) -> int:
    """The time that ``text`` gives, in milliseconds since the epoch (UTC): an age before ``now_ms`` (``90m``, ``12h``,
    ``7d``, ``2w``), or a date or time in ISO 8601, which is in UTC unless it says otherwise.

    Raises BadRequest, which names ``option``, for other texts and for a time before 1970.
    """
    if ago := _AGO.fullmatch(text):
        return max(now_ms - int(ago[1]) * _SECONDS[ago[2]] * 1000, 0)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        milliseconds = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise BadRequest(
            f"{option} {text[:80]!r}: is not a time; write 7d (or m, h, w), 2026-01-31, or 2026-01-31T18:00Z",
            subject=option,
        ) from error
    if milliseconds < 0:
        raise BadRequest(f"{option} {text[:80]!r}: lies before 1970; leave it out", subject=option)
    return milliseconds
