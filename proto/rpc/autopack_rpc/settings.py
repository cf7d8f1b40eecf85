"""Settings that all services have, read from an environment that a service's ``config`` hands over."""

import math
from collections.abc import Mapping

from autopack_rpc.logs import LEVELS

LOG_LEVEL = "AUTOPACK_LOG_LEVEL"
DRAIN_SECONDS = "AUTOPACK_DRAIN_SECONDS"
PATIENCE_SECONDS = "AUTOPACK_PATIENCE_SECONDS"

DEFAULT_DRAIN_SECONDS = 20.0
_MOST_SECONDS = 3600.0


class BadValue(Exception):
    """A variable has a value of no use; the message names it and says what to set."""

    def __init__(self, variable: str, message: str) -> None:
        super().__init__(message)
        self.variable = variable
        self.message = message


def read_log_level(environment: Mapping[str, str]) -> int:
    """The level of LOG_LEVEL, as ``logging`` numbers it; default ``info``. Raises BadValue."""
    given = environment.get(LOG_LEVEL, "").strip() or "info"
    level = LEVELS.get(given.lower())
    if level is None:
        raise BadValue(LOG_LEVEL, f"{LOG_LEVEL}={given[:80]!r} is no level; use one of {', '.join(LEVELS)}")
    return level


def read_seconds(environment: Mapping[str, str], variable: str, default: float) -> float:
    """The seconds that ``variable`` says: a number from 0 to 3600. Raises BadValue."""
    given = environment.get(variable, "").strip()
    try:
        seconds = float(given) if given else default
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _MOST_SECONDS:
        raise BadValue(variable, f"{variable}={given[:80]!r} is no number of seconds from 0 to {_MOST_SECONDS:g}")
    return seconds
