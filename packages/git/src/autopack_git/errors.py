"""The errors of what is done with git. Each says what happened, to which thing, and what to do."""

from autopack_model.errors import AutopackError, BadRequest


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


class PatchDamaged(BadRequest):
    """A patch cannot be read whole: it is cut off, lacks prefixes, has text around it, or the like."""

    reason = "PATCH_DAMAGED"


class SubmoduleUnavailable(BadRequest):
    """A submodule's commit is not present locally, so the tree cannot be checked out whole."""

    reason = "SUBMODULE_UNAVAILABLE"


class NothingToGate(BadRequest):
    """The candidate is the base itself."""

    reason = "NOTHING_TO_GATE"


class CloneFailed(BadRequest):
    """A repository cannot be fetched from its URL: nobody answers there, it may not be read, or it is not taken."""

    reason = "CLONE_FAILED"


class BundleRefused(BadRequest):
    """A bundle is not what it was announced as, too large, or nothing that git can use."""

    reason = "BUNDLE_REFUSED"


class GitFailed(AutopackError):
    """A git command failed for a reason that is not the caller's."""

    reason = "GIT_FAILED"


class GitTimedOut(GitFailed):
    """A git command did not end in time."""

    reason = "GIT_TIMED_OUT"


class PatchUnreadable(Exception):
    """A text is not taken for a patch, or what is said of it is not clear. The message says why, and ``cure`` what to
    do where that is known.
    """

    def __init__(self, problem: str, *, cure: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.cure = cure
