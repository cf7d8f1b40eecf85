"""The JSON document of a builder result, and its digest. Keys are stable."""

from autopack_model.builder_result.value import BuilderResult
from autopack_model.canonical import Json
from autopack_model.changed_files.document import changed_file_document
from autopack_model.digest import digest_bytes, digest_document
from autopack_model.identity.document import attempt_document
from autopack_model.issue.document import issue_document
from autopack_model.token_usage.document import tokens_document


def builder_result_digest(result: BuilderResult) -> str:
    """The digest of a builder result, everything in it included."""
    return digest_document(builder_result_document(result, digest_bytes(result.patch)))


def builder_result_document(result: BuilderResult, patch_digest: str) -> dict[str, Json]:
    """Every field of a builder result; the patch stands in it by its digest."""
    return {
        "schema": "autopack.builder_result/1",
        "attempt": attempt_document(result.attempt),
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
        "tokens": tokens_document(result.tokens),
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
        "suggested_issues": [issue_document(issue) for issue in result.suggested_issues],
    }
