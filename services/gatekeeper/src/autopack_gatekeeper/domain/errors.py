"""The errors of the gatekeeper. Each says what happened, to which thing, and what to do."""


class GatekeeperError(Exception):
    """Base of all gatekeeper errors. ``reason`` is a stable upper-case code; ``subject`` names the thing concerned."""

    reason = "GATEKEEPER_ERROR"

    def __init__(self, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject


class IncomparableEvidence(GatekeeperError):
    """Both sides' evidence was measured with different test commands: no difference would mean anything."""

    reason = "INCOMPARABLE_EVIDENCE"


class UnknownAttempt(GatekeeperError):
    """The store knows no such attempt."""

    reason = "UNKNOWN_ATTEMPT"


class Undecided(GatekeeperError):
    """The attempt has no recorded decision that could be concluded."""

    reason = "UNDECIDED"


class Overtaken(GatekeeperError):
    """What the store holds came to something else by the time it was to be concluded. Nothing was concluded."""

    reason = "OVERTAKEN"


class DamagedAnswer(GatekeeperError):
    """What the store answered is not what was asked for, or not what its contract allows."""

    reason = "DAMAGED_ANSWER"


class StoreUnavailable(GatekeeperError):
    """The store could not be reached, or did not answer in time. Nothing was decided."""

    reason = "STORE_UNAVAILABLE"


class ConfigurationError(GatekeeperError):
    """The gatekeeper was told to use something that it cannot."""

    reason = "CONFIGURATION"
