"""The errors of the executor. Each says what happened, to which thing, and what to do."""


class ExecutorError(Exception):
    """Base of all executor errors. ``reason`` is a stable upper-case code; ``subject`` names the thing concerned."""

    reason = "EXECUTOR_ERROR"

    def __init__(self, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject


class BadRequest(ExecutorError):
    """The caller asked for something that cannot be: a usage error (exit code 2). Nothing is recorded as a verdict."""

    reason = "BAD_REQUEST"


class NotARepository(BadRequest):
    """The path is not inside a git work tree."""

    reason = "NOT_A_REPOSITORY"


class BareRepository(BadRequest):
    """The repository is bare: it has no work tree to keep artifacts beside."""

    reason = "BARE_REPOSITORY"


class UnknownRevision(BadRequest):
    """A revision does not name a commit of the repository."""

    reason = "UNKNOWN_REVISION"


class UnbornBranch(BadRequest):
    """The repository has no commit yet, so there is no base."""

    reason = "UNBORN_BRANCH"


class ShallowHistory(BadRequest):
    """The base lies outside the history of a shallow clone."""

    reason = "SHALLOW_HISTORY"


class PatchDoesNotApply(BadRequest):
    """The patch does not apply exactly to the base."""

    reason = "PATCH_DOES_NOT_APPLY"


class SubmoduleUnavailable(BadRequest):
    """A submodule's commit is not present locally, so the tree cannot be checked out whole."""

    reason = "SUBMODULE_UNAVAILABLE"


class InterpreterUnusable(BadRequest):
    """The interpreter does not exist, does not run, or has no usable pytest."""

    reason = "INTERPRETER_UNUSABLE"


class NothingToGate(BadRequest):
    """The candidate is the base itself."""

    reason = "NOTHING_TO_GATE"


class RunExists(BadRequest):
    """The run id is taken."""

    reason = "RUN_EXISTS"


class UnknownRun(BadRequest):
    """There is no such run."""

    reason = "UNKNOWN_RUN"


class UndecidedRun(BadRequest):
    """The run has no decision."""

    reason = "UNDECIDED_RUN"


class ResultRefused(BadRequest):
    """The store does not take a builder or auditor result: its attempt is past it, or what it says cannot be."""

    reason = "RESULT_REFUSED"


class BundleRefused(BadRequest):
    """A bundle is not what it was announced as, too large, or nothing that git can use."""

    reason = "BUNDLE_REFUSED"


class BundleMissing(BadRequest):
    """A run names a bundle that the executor does not have (any more)."""

    reason = "BUNDLE_MISSING"


class CloneNotAllowed(BadRequest):
    """The executor's operator does not allow the URL."""

    reason = "CLONE_NOT_ALLOWED"


class CloneFailed(BadRequest):
    """A repository cannot be fetched from its URL: nobody answers there, it may not be read, or it is not taken."""

    reason = "CLONE_FAILED"


class StoreUnavailable(ExecutorError):
    """The store could not be reached."""

    reason = "STORE_UNAVAILABLE"


class StorageFull(ExecutorError):
    """The store has no room left."""

    reason = "STORAGE_FULL"


class StoreRefused(ExecutorError):
    """The store refused a call that should have been right."""

    reason = "STORE_REFUSED"


class StoreNotFound(StoreRefused):
    """The store does not have what should be there."""

    reason = "STORE_NOT_FOUND"


class GatekeeperUnavailable(ExecutorError):
    """The gatekeeper could not be reached."""

    reason = "GATEKEEPER_UNAVAILABLE"


class GatekeeperRefused(ExecutorError):
    """The gatekeeper could not decide; there is no verdict."""

    reason = "GATEKEEPER_REFUSED"


class GitFailed(ExecutorError):
    """A git command failed for a reason that is not the caller's."""

    reason = "GIT_FAILED"


class GitTimedOut(GitFailed):
    """A git command did not end in time."""

    reason = "GIT_TIMED_OUT"


class EvidenceNotWritten(ExecutorError):
    """Evidence or an artifact could not be written (a full disk, say); the run has no verdict."""

    reason = "EVIDENCE_NOT_WRITTEN"


class ExecutorLost(ExecutorError):
    """The executor of a run ended before the run did, or does not answer any more."""

    reason = "EXECUTOR_LOST"


class Cancelled(ExecutorError):
    """The run was cancelled."""

    reason = "CANCELLED"
