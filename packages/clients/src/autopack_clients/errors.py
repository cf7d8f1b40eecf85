"""What calls of the services fail with. Each error says what happened, to which thing, and what to do."""

from autopack_model.errors import AutopackError, BadRequest


class UnknownRun(BadRequest):
    """There is no such run."""

    reason = "UNKNOWN_RUN"


class RunExists(BadRequest):
    """The run id is taken."""

    reason = "RUN_EXISTS"


class UndecidedRun(BadRequest):
    """The run has no decision."""

    reason = "UNDECIDED_RUN"


class ResultRefused(BadRequest):
    """The store does not take a builder or auditor result: its attempt is past it, or what it says cannot be."""

    reason = "RESULT_REFUSED"


class StoreUnavailable(AutopackError):
    """The store could not be reached."""

    reason = "STORE_UNAVAILABLE"


class StorageFull(AutopackError):
    """The store has no disk space left."""

    reason = "STORAGE_FULL"


class StoreRefused(AutopackError):
    """The store refused a call that should have been right."""

    reason = "STORE_REFUSED"


class StoreNotFound(StoreRefused):
    """The store does not have what should be there."""

    reason = "STORE_NOT_FOUND"


class GatekeeperUnavailable(AutopackError):
    """The gatekeeper could not be reached."""

    reason = "GATEKEEPER_UNAVAILABLE"


class GatekeeperRefused(AutopackError):
    """The gatekeeper could not decide; there is no verdict."""

    reason = "GATEKEEPER_REFUSED"


class ExecutorLost(AutopackError):
    """The executor of a run ended before the run did, or does not answer any more."""

    reason = "EXECUTOR_LOST"
