"""Names of runs, attempts and sides."""

import re
from dataclasses import dataclass

from autopack_model.errors import InvalidValue
from autopack_model.labels import Labelled

RUN_ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Side(Labelled):
    """The revision that a suite run measured. The number is the one of ``autopack.results.v1.Side``. CROSS is base's
    tests on the candidate's code: the tree of head with every test-side file as it is on base. REVERSE is the
    candidate's new tests on base's code: the tree of base with every test-side file as it is on head.
    """

    BASE = 1
    HEAD = 2
    CROSS = 3
    REVERSE = 4


def check_run_id(value: str, path: str = "run_id") -> str:
    """Return ``value`` when it is a run id (or a phase name, which follows the same rule).

    Raises InvalidValue otherwise.
    """
    if RUN_ID_PATTERN.fullmatch(value) is None or ".." in value:
        raise InvalidValue(
            path,
            f"{value[:80]!r} is not a valid name; use 1 to 63 of a-z, 0-9, '.', '_', '-', starting with a letter or "
            "digit, without '..'",
        )
    return value


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AttemptRef:
    """One numbered attempt of one phase of one run. Results, evidence and decisions belong to it."""

    run_id: str
    phase: str
    attempt: int

    def __post_init__(self) -> None:
        check_run_id(self.run_id, "attempt.run_id")
        check_run_id(self.phase, "attempt.phase")
        if not 1 <= self.attempt <= 1_000_000:
            raise InvalidValue("attempt.attempt", f"{self.attempt} is not an attempt number; they count from 1")

    def __str__(self) -> str:
        return f"{self.run_id}/{self.phase}/{self.attempt}"
