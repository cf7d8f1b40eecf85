"""What an auditor says of one attempt."""

from dataclasses import dataclass

from autopack_model.amount import check_amount
from autopack_model.decision.value import Severity
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.file_path import check_file_paths
from autopack_model.identity.value import AttemptRef
from autopack_model.issue.value import MAX_DESCRIPTION, Issue, check_issues
from autopack_model.labels import Labelled
from autopack_model.text import check_count, check_text
from autopack_model.token_usage.value import TokenUsage

MAX_NOTES = 65_536
MAX_PATCHES = 100
MAX_PATCH_BYTES = 512 * 1024
MAX_FILES = 1000
MAX_ATTEMPTS = 1_000_000


class Recommendation(Labelled):
    """What an auditor recommends. Numbers as in ``autopack.results.v1.Recommendation``."""

    APPROVE = 1
    REVISE = 2
    ESCALATE = 3


class Confidence(Labelled):
    """How sure an auditor is. Numbers as in ``autopack.results.v1.Confidence``."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedPatch:
    """A change that an auditor suggests: a patch of 1 byte to 512 KiB, and the paths that it touches, ascending."""

    description: str
    patch: bytes
    files_affected: tuple[str, ...]

    def __post_init__(self) -> None:
        check_text(self.description, "description", most=MAX_DESCRIPTION)
        if not 1 <= len(self.patch) <= MAX_PATCH_BYTES:
            raise InvalidValue("patch", f"has {len(self.patch)} bytes; expected 1 to {MAX_PATCH_BYTES}")
        check_file_paths(self.files_affected, "files_affected", most=MAX_FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditorResult:
    """One auditor result. ``confidence`` is None when the auditor did not say, ``auditor_attempts`` and ``tokens`` when
    they are unknown.

    Raises InvalidValue with the path of the field for whatever is over its limit, and for an APPROVE beside a CRITICAL
    issue.
    """

    attempt: AttemptRef
    recommendation: Recommendation
    confidence: Confidence | None
    review_notes: str
    issues_found: tuple[Issue, ...]
    suggested_patches: tuple[SuggestedPatch, ...]
    auditor_attempts: int | None
    tokens: TokenUsage | None

    def __post_init__(self) -> None:
        check_text(self.review_notes, "review_notes", most=MAX_NOTES)
        check_issues(self.issues_found, "issues_found")
        check_count(self.suggested_patches, "suggested_patches", most=MAX_PATCHES)
        if self.auditor_attempts is not None:
            check_amount(self.auditor_attempts, "auditor_attempts", least=1, most=MAX_ATTEMPTS)
        critical = [issue.key for issue in self.issues_found if issue.severity is Severity.CRITICAL]
        if critical and self.recommendation is Recommendation.APPROVE:
            raise InvalidValue("recommendation", f"APPROVE beside the CRITICAL issue {critical[0]!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAuditorResult:
    """An auditor result as the store gives it back. ``recorded_at_ms`` is milliseconds since the epoch, UTC."""

    result: AuditorResult
    result_digest: str
    recorded_at_ms: int

    def __post_init__(self) -> None:
        check_digest(self.result_digest, "record.result_digest")
