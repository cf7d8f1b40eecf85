"""The errors of the executor. Each says what happened, to which thing, and what to do."""

from autopack_model.errors import AutopackError, BadRequest


class ExecutorError(AutopackError):
    """The executor could not do what it had to do, for a reason that is not the caller's."""

    reason = "EXECUTOR_ERROR"


class InterpreterUnusable(BadRequest):
    """The interpreter does not exist, does not run, or has no usable pytest."""

    reason = "INTERPRETER_UNUSABLE"


class PytestMissing(InterpreterUnusable):
    """The interpreter has no pytest that can be used, and no setup command brings one."""


class ProjectElsewhere(BadRequest):
    """The tests would import the project from the interpreter's environment instead of the trees that are gated."""

    reason = "PROJECT_ELSEWHERE"


class BundleMissing(BadRequest):
    """A run names a bundle that the executor does not have (any more)."""

    reason = "BUNDLE_MISSING"


class PatchMissing(BadRequest):
    """A run names a patch that the executor does not have (any more)."""

    reason = "PATCH_MISSING"


class PatchRefused(BadRequest):
    """A patch is not what it was announced as."""

    reason = "PATCH_REFUSED"


class CloneNotAllowed(BadRequest):
    """The executor's operator does not allow the URL."""

    reason = "CLONE_NOT_ALLOWED"


class EvidenceNotWritten(ExecutorError):
    """Evidence or an artifact could not be written (a full disk, say); the run has no verdict."""

    reason = "EVIDENCE_NOT_WRITTEN"


class ArtifactMissing(BadRequest):
    """A file of a run is not on this executor."""

    reason = "ARTIFACT_MISSING"
