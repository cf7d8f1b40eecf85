"""The JSON document of an auditor result, and its digest. Keys are stable."""

from autopack_model.auditor_result.value import AuditorResult
from autopack_model.canonical import Json
from autopack_model.digest import digest_bytes, digest_document
from autopack_model.identity.document import attempt_document
from autopack_model.issue.document import issue_document
from autopack_model.token_usage.document import tokens_document


def auditor_result_digest(result: AuditorResult) -> str:
    """The digest of an auditor result, everything in it included."""
    patches = [digest_bytes(patch.patch) for patch in result.suggested_patches]
    return digest_document(auditor_result_document(result, patches))


def auditor_result_document(result: AuditorResult, patch_digests: list[str]) -> dict[str, Json]:
    """Every field of an auditor result; the suggested patches stand in it by their digests, in their order."""
    return {
        "schema": "autopack.auditor_result/1",
        "attempt": attempt_document(result.attempt),
        "recommendation": result.recommendation.label,
        "confidence": None if result.confidence is None else result.confidence.label,
        "review_notes": result.review_notes,
        "issues_found": [issue_document(issue) for issue in result.issues_found],
        "suggested_patches": [
            {"description": patch.description, "patch": digest, "files_affected": list(patch.files_affected)}
            for patch, digest in zip(result.suggested_patches, patch_digests, strict=True)
        ],
        "auditor_attempts": result.auditor_attempts,
        "tokens": tokens_document(result.tokens),
    }
