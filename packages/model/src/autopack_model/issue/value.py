"""An issue that a builder suggests or an auditor found."""

from dataclasses import dataclass

from autopack_model.decision.value import Severity
from autopack_model.errors import InvalidValue
from autopack_model.labels import Labelled
from autopack_model.text import check_count, check_name, check_text

MAX_ISSUES = 1000
MAX_KEY = 128
MAX_EVIDENCE_REFS = 100
MAX_EVIDENCE_REF = 1024
MAX_DESCRIPTION = 16_384


class IssueCategory(Labelled):
    """What an issue is about. Numbers as in ``autopack.results.v1.IssueCategory``."""

    CORRECTNESS = 1
    TESTS = 2
    SECURITY = 3
    PERFORMANCE = 4
    CONTRACT = 5
    INFRASTRUCTURE = 6
    MAINTAINABILITY = 7
    DOCUMENTATION = 8


class IssueSource(Labelled):
    """Who or what found an issue. Numbers as in ``autopack.results.v1.IssueSource``."""

    BUILDER = 1
    AUDITOR = 2
    PROBE = 3
    SUITE = 4
    CI = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue. ``key`` names it within its result; ``evidence_refs`` say where to look, in the finder's order.

    Raises InvalidValue for texts and lists over their limits, and for the severity NONE.
    """

    key: str
    severity: Severity
    category: IssueCategory
    source: IssueSource
    evidence_refs: tuple[str, ...]
    description: str

    def __post_init__(self) -> None:
        check_name(self.key, "key", most=MAX_KEY)
        if self.severity is Severity.NONE:
            raise InvalidValue("severity", "NONE is not a severity of an issue; expected LOW to CRITICAL")
        check_count(self.evidence_refs, "evidence_refs", most=MAX_EVIDENCE_REFS)
        for ref in self.evidence_refs:
            check_text(ref, "evidence_refs", least=1, most=MAX_EVIDENCE_REF)
        check_text(self.description, "description", most=MAX_DESCRIPTION)


def check_issues(issues: tuple[Issue, ...], path: str) -> None:
    """Raise InvalidValue for ``path`` when there are more than MAX_ISSUES, or a key comes twice."""
    check_count(issues, path, most=MAX_ISSUES)
    seen: set[str] = set()
    for issue in issues:
        if issue.key in seen:
            raise InvalidValue(f"{path}.key", f"{issue.key!r} names two issues")
        seen.add(issue.key)
