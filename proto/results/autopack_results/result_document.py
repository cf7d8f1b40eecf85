"""JSON documents of builder and auditor results: the input of their digests. Keys are stable."""

from autopack_results.auditor_result import AuditorResult
from autopack_results.builder_result import BuilderResult
from autopack_results.document import Json, changed_file_document
from autopack_results.identity import AttemptRef
from autopack_results.issue import Issue
from autopack_results.token_usage import TokenUsage


def builder_result_document(result: BuilderResult, patch_digest: str) -> dict[str, Json]:
    """Every field of a builder result; the patch stands in it by its digest."""
    return {
        "schema": "autopack.builder_result/1",
        "attempt": _attempt_document(result.attempt),
        "status": result.status.label,
        "patch": patch_digest,
        "changed_files": {
            "status": result.changed_files.status.label,
            "problem": result.changed_files.problem,
            "files": [changed_file_document(file) for file in result.changed_files.files],
        },
        "lines_added": result.lines_added,
        "lines_removed": result.lines_removed,
        "builder_attempts": result.builder_attempts,
        "tokens": _tokens_document(result.tokens),
        "duration_ms": result.duration_ms,
        "model": result.model,
        "stop_reason": None if result.stop_reason is None else result.stop_reason.label,
        "truncated": result.truncated,
        "notes": result.notes,
        "probes": [
            {
                "type": probe.type.label,
                "exit_code": probe.exit_code,
                "stdout": probe.stdout,
                "stderr": probe.stderr,
                "duration_ms": probe.duration_ms,
            }
            for probe in result.probes
        ],
        "suggested_issues": [_issue_document(issue) for issue in result.suggested_issues],
    }


def auditor_result_document(result: AuditorResult, patch_digests: list[str]) -> dict[str, Json]:
    """Every field of an auditor result; the suggested patches stand in it by their digests, in their order."""
    return {
        "schema": "autopack.auditor_result/1",
        "attempt": _attempt_document(result.attempt),
        "recommendation": result.recommendation.label,
        "confidence": None if result.confidence is None else result.confidence.label,
        "review_notes": result.review_notes,
        "issues_found": [_issue_document(issue) for issue in result.issues_found],
        "suggested_patches": [
            {"description": patch.description, "patch": digest, "files_affected": list(patch.files_affected)}
            for patch, digest in zip(result.suggested_patches, patch_digests, strict=True)
        ],
        "auditor_attempts": result.auditor_attempts,
        "tokens": _tokens_document(result.tokens),
    }


def _attempt_document(ref: AttemptRef) -> dict[str, Json]:
    return {"run_id": ref.run_id, "phase": ref.phase, "attempt": ref.attempt}


def _tokens_document(tokens: TokenUsage | None) -> Json:
    if tokens is None:
        return None
    return {"total": tokens.total, "prompt": tokens.prompt, "completion": tokens.completion}


def _issue_document(issue: Issue) -> dict[str, Json]:
    return {
        "key": issue.key,
        "severity": issue.severity.label,
        "category": issue.category.label,
        "source": issue.source.label,
        "evidence_refs": list(issue.evidence_refs),
        "description": issue.description,
    }
