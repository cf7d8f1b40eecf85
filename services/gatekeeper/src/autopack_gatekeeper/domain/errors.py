"""The errors of the gatekeeper. Each says what happened, to which thing, and what to do."""

from autopack_model.errors import AutopackError


class GatekeeperError(AutopackError):
    """The base of the errors of the gatekeeper."""

    reason = "GATEKEEPER_ERROR"


class IncomparableEvidence(GatekeeperError):
    """The two sides were measured with different test commands, so their differences would mean nothing."""

    reason = "INCOMPARABLE_EVIDENCE"


class UnknownAttempt(GatekeeperError):
    """The store knows no such attempt."""

    reason = "UNKNOWN_ATTEMPT"


class Undecided(GatekeeperError):
    """The attempt has no recorded decision that could be concluded."""

    reason = "UNDECIDED"


class Overtaken(GatekeeperError):
    """What the store holds changed while the attempt was being concluded. Nothing was concluded."""

    reason = "OVERTAKEN"


class DamagedAnswer(GatekeeperError):
    """What the store answered is not what was asked for, or not what its contract allows."""

    reason = "DAMAGED_ANSWER"


class StoreUnreachable(GatekeeperError):
    """The store could not be reached, or did not answer in time. Nothing was decided."""

    reason = "STORE_UNAVAILABLE"
