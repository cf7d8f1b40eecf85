"""Moments as people write them."""

import pytest

from autopack_cli.moment import read_moment
from autopack_model.errors import BadRequest

NOW_MS = 1_700_000_000_000
DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", NOW_MS - 90 * 60_000),
        ("12h", NOW_MS - 12 * 3_600_000),
        ("7d", NOW_MS - 7 * DAY_MS),
        ("2w", NOW_MS - 14 * DAY_MS),
        ("0d", NOW_MS),
        ("999999999w", 0),
        ("1970-01-02", DAY_MS),
        ("1970-01-02T00:00", DAY_MS),
        ("1970-01-02T00:00:00.001Z", DAY_MS + 1),
        ("1970-01-02T02:00+02:00", DAY_MS),
        ("1970-01-01T22:00-02:00", DAY_MS),
        ("1970-01-01", 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ],
)
def test_moments(text: str, expected: int) -> None:
    """A time that long ago, and an ISO date or time, in UTC unless it says otherwise, are milliseconds."""
    assert expected == read_moment(text, "--since", now_ms=NOW_MS)


@pytest.mark.parametrize(
    "text",
    ["", "7", "d", "7y", "-7d", "1.5d", " 7d", "\u0667d", "2026-02-30", "2026-01-31T25:00", "1969-12-31", "7D"],
)
def test_what_is_no_moment(text: str) -> None:
    """Anything else is refused in the name of the option."""
    with pytest.raises(BadRequest) as caught:
        read_moment(text, "--until", now_ms=NOW_MS)
    assert "--until" == caught.value.subject
    assert caught.value.message.startswith(f"--until {text!r}: ")
