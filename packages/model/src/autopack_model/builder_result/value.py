"""What a builder says of its own work on one attempt. It is a claim: verdicts come from evidence alone."""

from dataclasses import dataclass

from autopack_model.amount import check_amount
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangedFilesStatus
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_model.issue.value import Issue, check_issues
from autopack_model.labels import Labelled
from autopack_model.run.value import RunType
from autopack_model.text import check_count, check_name, check_text
from autopack_model.token_usage.value import TokenUsage

MAX_PATCH_BYTES = 16 * 1024 * 1024
MAX_PROBES = 100
MAX_OUTPUT = 65_536
MAX_NOTES = 65_536
MAX_MODEL = 256
MAX_ATTEMPTS = 1_000_000


class BuilderStatus(Labelled):
    """What the builder says. Numbers as in ``autopack.results.v1.BuilderStatus``."""

    SUCCESS = 1
    FAILED = 2
    NEEDS_REVIEW = 3


class StopReason(Labelled):
    """Why a language model stopped. Numbers as in ``autopack.results.v1.StopReason``."""

    END_TURN = 1
    MAX_TOKENS = 2
    STOP_SEQUENCE = 3
    TOOL_USE = 4
    REFUSAL = 5
    ERROR = 6


class ProbeType(Labelled):
    """What a probe is. Numbers as in ``autopack.results.v1.ProbeType``."""

    PYTEST = 1
    LINT = 2
    TYPE_CHECK = 3
    BUILD = 4
    SCRIPT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One command that a builder ran to look at its own work. Outputs are at most 65,536 characters each, None when
    nobody kept them.
    """

    type: ProbeType
    exit_code: int
    stdout: str | None
    stderr: str | None
    duration_ms: int | None

    def __post_init__(self) -> None:
        check_amount(self.exit_code, "exit_code", least=-(2**31), most=2**31 - 1)
        for name, output in (("stdout", self.stdout), ("stderr", self.stderr)):
            if output is not None:
                check_text(output, name, most=MAX_OUTPUT)
        if self.duration_ms is not None:
            check_amount(self.duration_ms, "duration_ms")


UNFINISHED = frozenset({StopReason.MAX_TOKENS, StopReason.REFUSAL, StopReason.ERROR})
"""Reasons with which no answer is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderResult:
    """One builder result. ``patch`` is empty when nothing was changed; None stands for unknown, which is never zero.

    Raises InvalidValue with the path of the field for whatever is over its limit, for totals that are not those of the
    changed files, and for a status that contradicts the content (rules: ``autopack.results.v1.BuilderResult``).
    """

    attempt: AttemptRef
    status: BuilderStatus
    patch: bytes
    changed_files: ChangedFiles
    lines_added: int | None
    lines_removed: int | None
    builder_attempts: int | None
    tokens: TokenUsage | None
    duration_ms: int | None
    model: str | None
    stop_reason: StopReason | None
    truncated: bool | None
    notes: str
    probes: tuple[Probe, ...]
    suggested_issues: tuple[Issue, ...]

    def __post_init__(self) -> None:
        if len(self.patch) > MAX_PATCH_BYTES:
            raise InvalidValue("patch", f"has {len(self.patch)} bytes; at most {MAX_PATCH_BYTES} are allowed")
        if self.patch.isspace():
            raise InvalidValue("patch", "is blank; leave it empty when nothing was changed")
        if self.builder_attempts is not None:
            check_amount(self.builder_attempts, "builder_attempts", least=1, most=MAX_ATTEMPTS)
        if self.duration_ms is not None:
            check_amount(self.duration_ms, "duration_ms")
        if self.model is not None:
            check_name(self.model, "model", most=MAX_MODEL)
        check_text(self.notes, "notes", most=MAX_NOTES)
        check_count(self.probes, "probes", most=MAX_PROBES)
        check_issues(self.suggested_issues, "suggested_issues")
        self._check_totals()
        self._check_status()

    def _check_totals(self) -> None:
        if self.changed_files.functions:
            raise InvalidValue("changed_files.functions", "are the executor's to find, not a builder's")
        known = self.changed_files.status is not ChangedFilesStatus.UNKNOWN
        added, removed = line_totals(self.changed_files.files)
        for name, total, expected in (
            ("lines_added", self.lines_added, added),
            ("lines_removed", self.lines_removed, removed),
        ):
            if (total is not None) != known:
                raise InvalidValue(name, "must be given exactly when the changed files are not UNKNOWN")
            if total is not None:
                check_amount(total, name)
            if total is not None and total != expected:
                raise InvalidValue(name, f"{total} is not what the changed files come to, {expected}")

    def _check_status(self) -> None:
        changed = self.changed_files.status
        if self.patch and changed is ChangedFilesStatus.EMPTY:
            raise InvalidValue("changed_files.status", f"EMPTY beside a patch of {len(self.patch)} bytes")
        if self.status is not BuilderStatus.SUCCESS:
            return
        if self.truncated:
            raise InvalidValue("status", "SUCCESS of a truncated answer; say FAILED or NEEDS_REVIEW")
        if self.stop_reason in UNFINISHED:
            raise InvalidValue("status", f"SUCCESS though the model stopped with {self.stop_reason.name}")
        if not self.patch and changed is not ChangedFilesStatus.EMPTY:
            raise InvalidValue("status", f"SUCCESS without a patch, though the changed files are {changed.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBuilderResult:
    """A builder result as the store gives it back, with what the store knows of the run.

    ``allowed_paths`` is strictly ascending and empty when all paths are allowed; ``recorded_at_ms`` is milliseconds
    since the epoch, UTC.
    """

    result: BuilderResult
    result_digest: str
    run_type: RunType
    allowed_paths: tuple[str, ...]
    recorded_at_ms: int

    def __post_init__(self) -> None:
        check_digest(self.result_digest, "record.result_digest")


def line_totals(files: tuple[ChangedFile, ...]) -> tuple[int, int]:
    """Lines added and removed over ``files``, binary ones counting nothing."""
    return sum(file.lines_added or 0 for file in files), sum(file.lines_removed or 0 for file in files)
