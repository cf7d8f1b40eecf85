"""Builder and auditor results for tests: consistent unless told otherwise."""

from autopack_model.auditor_result.value import AuditorResult, Confidence, Recommendation, SuggestedPatch
from autopack_model.builder_result.value import BuilderResult, BuilderStatus, Probe, ProbeType, StopReason, line_totals
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Severity
from autopack_model.identity.value import AttemptRef
from autopack_model.issue.value import Issue, IssueCategory, IssueSource
from autopack_model.token_usage.value import TokenUsage
from tests.fakes.store import first_attempt

PATCH = b"""diff --git a/src/app.py b/src/app.py
--- a/src/app.py
+++ b/src/app.py
@@ -1 +1,2 @@
-x = 1
+x = 2
+y = 3
"""
BUILT_FILES = ChangedFiles.of(
    (
        ChangedFile(
            path="src/app.py", old_path=None, kind=ChangeKind.MODIFIED, lines_added=2, lines_removed=1, binary=False
        ),
    )
)


def make_issue(key: str = "issue-1", *, severity: Severity = Severity.MEDIUM) -> Issue:
    """An issue."""
    return Issue(
        key=key,
        severity=severity,
        category=IssueCategory.TESTS,
        source=IssueSource.PROBE,
        evidence_refs=("tests/test_app.py::test_x",),
        description="a test is missing",
    )


def make_builder_result(
    attempt: AttemptRef | None = None,
    *,
    status: BuilderStatus = BuilderStatus.SUCCESS,
    patch: bytes = PATCH,
    changed_files: ChangedFiles = BUILT_FILES,
    notes: str = "done",
    issues: tuple[Issue, ...] | None = None,
) -> BuilderResult:
    """A builder result in which nothing is empty, zero or false but the truncated flag."""
    added, removed = line_totals(changed_files.files)
    return BuilderResult(
        attempt=attempt or first_attempt(),
        status=status,
        patch=patch,
        changed_files=changed_files,
        lines_added=added,
        lines_removed=removed,
        builder_attempts=2,
        tokens=TokenUsage(total=30, prompt=20, completion=10),
        duration_ms=1500,
        model="a-model",
        stop_reason=StopReason.END_TURN,
        truncated=False,
        notes=notes,
        probes=(Probe(type=ProbeType.PYTEST, exit_code=1, stdout="out", stderr="err", duration_ms=20),),
        suggested_issues=(make_issue(),) if issues is None else issues,
    )


def make_auditor_result(
    attempt: AttemptRef | None = None, *, recommendation: Recommendation = Recommendation.APPROVE
) -> AuditorResult:
    """An auditor result in which nothing is empty or zero."""
    return AuditorResult(
        attempt=attempt or first_attempt(),
        recommendation=recommendation,
        confidence=Confidence.HIGH,
        review_notes="looks right",
        issues_found=(make_issue(),),
        suggested_patches=(SuggestedPatch(description="rename it", patch=PATCH, files_affected=("src/app.py",)),),
        auditor_attempts=1,
        tokens=TokenUsage(total=7, prompt=None, completion=None),
    )
