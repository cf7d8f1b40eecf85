"""What may go: ended runs that are old enough and not among the newest, and what nothing cites any more."""

import re
from dataclasses import dataclass, fields

from autopack_store.errors import ConfigurationError

_AGE = re.compile(r"([1-9][0-9]{0,5})([hdw])")
_MS = {"h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

ABANDONED_MS = _MS["d"]
"""Parts of an upload that nobody went on with for so long are given up."""


def age_ms(text: str) -> int:
    """The age that ``text`` says, in milliseconds: hours, days or weeks (``12h``, ``30d``, ``4w``).

    Raises ConfigurationError.
    """
    said = _AGE.fullmatch(text)
    if said is None:
        raise ConfigurationError(
            f"{text!r} is not an age; give hours, days or weeks, at least one hour: 12h, 30d, 4w", subject="age"
        )
    return int(said[1]) * _MS[said[2]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What stays: everything from ``cutoff_ms`` on (milliseconds since the epoch, UTC), and the ``keep_runs`` newest
    ended runs of each repository. Parts of uploads stay from ``uploads_from_ms`` on.
    """

    cutoff_ms: int
    keep_runs: int
    uploads_from_ms: int

    @classmethod
    def before(cls, now_ms: int, older_than_ms: int, keep_runs: int) -> "Limits":
        """The limits of a pass that begins at ``now_ms``."""
        return cls(cutoff_ms=now_ms - older_than_ms, keep_runs=keep_runs, uploads_from_ms=now_ms - ABANDONED_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many of each went (or would go), all rows together, and the bytes of what was stored compressed in them."""

    runs: int = 0
    baselines: int = 0
    evidence: int = 0
    test_sets: int = 0
    requests: int = 0
    upload_chunks: int = 0
    rows: int = 0
    bytes: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(**{name: getattr(self, name) + getattr(other, name) for name in NAMES})

    def counts(self) -> dict[str, int]:
        """Each count by its name."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(field.name for field in fields(Removed))
