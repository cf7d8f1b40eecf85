"""A run as everyone knows it: what it is about, how far it is, and what its attempts rest on."""

import re
from dataclasses import dataclass

from autopack_model.approval.value import Approval, FurtherDecision
from autopack_model.decision.value import MAX_RETRIES, Verdict
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.file_path import MAX_PATH, check_file_path, check_file_paths
from autopack_model.gate_request.copied_file import MAX_COPIES
from autopack_model.gate_request.variable import MAX_NAME, MAX_VARIABLES
from autopack_model.identity.value import AttemptRef, Side, check_run_id
from autopack_model.labels import Labelled
from autopack_model.run.attempt_state import AttemptState
from autopack_model.suite_run.value import Tree
from autopack_model.text import check_ascending, check_count, check_text

MAX_TIMEOUT_MS = 86_400_000
MAX_ALLOWED_PATHS = 1000
MAX_COMMAND = 65_536
MAX_ARGUMENTS = 10_000
MAX_FAILURE = 16_384

_URL = re.compile(
    r"(?:file://|[a-z][a-z0-9+.-]*://(?:[^/?#@:\s]+@)?(?:[^/?#@:\[\]\s]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)"
    r"/[^\s\x00-\x1f\x7f]*"
)


class RunState(Labelled):
    """How far a run is. Numbers as in ``autopack.results.v1.RunState``."""

    RUNNING = 1
    DECIDED = 2
    FAILED = 3
    CANCELLED = 4


class CandidateKind(Labelled):
    """The form in which a candidate was handed in. Numbers as in ``autopack.results.v1.CandidateKind``."""

    COMMIT = 1
    PATCH = 2
    WORKTREE = 3


class PatchFix(Labelled):
    """What was mended in a patch before it was applied. Numbers as in ``autopack.results.v1.PatchFix``."""

    LAST_NEWLINE = 1
    HUNK_COUNTS = 2


class RunType(Labelled):
    """What a run is for. Numbers as in ``autopack.results.v1.RunType``."""

    PROJECT_BUILD = 1
    MAINTENANCE = 2
    REPAIR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What a run is about. ``repository`` is an absolute path, or a URL without a password; ``base`` is None when there
    is none.

    ``allowed_paths`` are the files and folders that a builder may change, strictly ascending; empty for all.
    ``patch_fixes`` are what was mended in the candidate's patch, strictly ascending. Set-up and tests run in
    ``folder``, empty for the top; of variables only names are known, and of copied files only paths, all strictly
    ascending.
    """

    run_id: str
    repository: str
    base: Tree | None
    head: Tree
    candidate: CandidateKind
    interpreter: str
    arguments: tuple[str, ...]
    setup: str | None
    timeout_ms: int
    run_type: RunType = RunType.PROJECT_BUILD
    allowed_paths: tuple[str, ...] = ()
    patch_fixes: tuple[PatchFix, ...] = ()
    folder: str = ""
    variables: tuple[str, ...] = ()
    setup_variables: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    before_side: str | None = None
    after_side: str | None = None

    def __post_init__(self) -> None:
        check_run_id(self.run_id, "spec.run_id")
        if not self.repository.startswith("/") and not is_url(self.repository):
            raise InvalidValue(
                "spec.repository",
                "is neither an absolute path nor a URL with a scheme, a host and a path, and without a password",
            )
        if not 1 <= self.timeout_ms <= MAX_TIMEOUT_MS:
            raise InvalidValue("spec.timeout_ms", f"{self.timeout_ms} is outside 1 to {MAX_TIMEOUT_MS}")
        check_file_paths(self.allowed_paths, "spec.allowed_paths", most=MAX_ALLOWED_PATHS)
        if list(self.patch_fixes) != sorted(set(self.patch_fixes)):
            raise InvalidValue("spec.patch_fixes", "must be strictly ascending")
        if self.folder:
            check_file_path(self.folder, "spec.folder")
        check_file_paths(self.copies, "spec.copies", most=MAX_COPIES)
        for path, names in (("spec.variables", self.variables), ("spec.setup_variables", self.setup_variables)):
            check_count(names, path, most=MAX_VARIABLES)
            check_ascending(names, path)


def is_url(repository: str) -> bool:
    """Whether ``repository`` is a URL that may be recorded: scheme, host (but for ``file``) and path, no password."""
    return _URL.fullmatch(repository) is not None


def check_size(spec: RunSpec) -> RunSpec:
    """Return ``spec`` when its texts are not longer than what a new run may have. Raises InvalidValue."""
    for name, value in (("repository", spec.repository), ("interpreter", spec.interpreter)):
        check_text(value, f"spec.{name}", most=MAX_PATH)
    for name, command in (("setup", spec.setup), ("before_side", spec.before_side), ("after_side", spec.after_side)):
        check_text(command or "", f"spec.{name}", most=MAX_COMMAND)
    for name, variables in (("variables", spec.variables), ("setup_variables", spec.setup_variables)):
        for variable in variables:
            check_text(variable, f"spec.{name}", least=1, most=MAX_NAME)
    check_count(spec.arguments, "spec.arguments", most=MAX_ARGUMENTS)
    for argument in spec.arguments:
        check_text(argument, "spec.arguments", most=MAX_COMMAND)
    total = sum(len(argument) for argument in spec.arguments)
    if total > MAX_COMMAND:
        raise InvalidValue("spec.arguments", f"have {total} characters in all; at most {MAX_COMMAND} are allowed")
    return spec


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEvidence:
    """The evidence of one suite run that an attempt rests on. ``reused`` says that an earlier attempt made it: a
    baseline, or a retry of one.

    ``retry`` is 0 for the run of the side's whole suite, and n for the n-th retry of some of its tests.
    """

    side: Side
    evidence_digest: str
    reused: bool
    retry: int = 0

    def __post_init__(self) -> None:
        check_digest(self.evidence_digest, "evidence.evidence_digest")
        check_retry(self.retry, "evidence.retry")


def check_retry(retry: int, path: str) -> int:
    """Return ``retry`` when it is the number of a suite run of a side. Raises InvalidValue."""
    if not 0 <= retry <= MAX_RETRIES:
        raise InvalidValue(path, f"{retry} is outside 0 to {MAX_RETRIES}")
    return retry


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailure:
    """Why a run failed: a stable upper-case code, and what happened, to which thing, and what to do, in at most 16,384
    characters. Raises InvalidValue for more; ``of`` cuts them.
    """

    code: str
    message: str

    def __post_init__(self) -> None:
        check_text(self.message, "failure.message", most=MAX_FAILURE)

    @staticmethod
    def of(code: str, message: str) -> "RunFailure":
        """The failure with a message of any length, cut to what is kept of it."""
        kept = message if len(message) <= MAX_FAILURE else f"{message[: MAX_FAILURE - 1]}\N{HORIZONTAL ELLIPSIS}"
        return RunFailure(code=code, message=kept.encode("utf-8", "backslashreplace").decode()[:MAX_FAILURE])


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDecision:
    """The decision of an attempt that stands: 0 is the number of its first one. ``verdict`` is with the auditor's say,
    ``approval`` the newest answer to it, where it needs one.
    """

    number: int
    digest: str
    verdict: Verdict
    approval: Approval | None

    @property
    def exit_code(self) -> int:
        """The exit code of the command line: the answer's where there is one, else the verdict's."""
        return self.verdict.exit_code if self.approval is None else self.approval.answer.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt as the store knows it. ``evidence`` is ordered by side, then by retry.

    ``verdict`` is the recorded decision's. What came of the attempt in the end is ``state.verdict``. People may add
    ``further_decisions``, by number, and ``approvals``, in the order in which they were recorded.
    """

    ref: AttemptRef
    state: AttemptState
    evidence: tuple[SideEvidence, ...]
    verdict: Verdict | None
    decision_digest: str | None
    builder_result_digest: str | None
    auditor_result_digest: str | None
    further_decisions: tuple[FurtherDecision, ...] = ()
    approvals: tuple[Approval, ...] = ()

    @property
    def standing(self) -> StandingDecision | None:
        """The decision that stands, with what came of it and the newest answer to it; None for an attempt that was not
        concluded with one.
        """
        verdict, digest, number = self.state.verdict, self.decision_digest, 0
        if verdict is None or digest is None:
            return None
        if self.further_decisions:
            last = self.further_decisions[-1]
            verdict, digest, number = last.verdict, last.decision_digest, last.number
        answers = [each for each in self.approvals if each.decision_digest == digest]
        answer = answers[-1] if answers and verdict is Verdict.NEEDS_HUMAN else None
        return StandingDecision(number=number, digest=digest, verdict=verdict, approval=answer)

    def side(self, side: Side) -> SideEvidence | None:
        """The evidence of the whole suite of one side, if it is attached."""
        return self.suite_run(side, 0)

    def suite_run(self, side: Side, retry: int) -> SideEvidence | None:
        """The evidence of one suite run of one side, if it is attached."""
        return next((entry for entry in self.evidence if (entry.side, entry.retry) == (side, retry)), None)

    def suite_runs(self, side: Side) -> tuple[SideEvidence, ...]:
        """The evidence of all suite runs of one side: of the whole suite, then of the retries by their numbers."""
        return tuple(entry for entry in self.evidence if entry.side is side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as the store knows it. Times are milliseconds since the epoch, UTC. ``attempts`` are in order."""

    spec: RunSpec
    state: RunState
    created_at_ms: int
    finished_at_ms: int | None
    failure: RunFailure | None
    attempts: tuple[Attempt, ...]

    @property
    def ended(self) -> bool:
        """Whether nothing will be added any more."""
        return self.state is not RunState.RUNNING
