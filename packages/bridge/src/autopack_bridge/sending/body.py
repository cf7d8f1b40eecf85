"""An auditor result as the dictionary of the old shape, plain or wrapped."""

from collections.abc import Mapping
from typing import TypeVar

from autopack_bridge.vocabulary import CATEGORIES, CONFIDENCES, RECOMMENDATIONS, SEVERITIES, SOURCES
from autopack_model.auditor_result.value import AuditorResult, Recommendation
from autopack_model.canonical import Json
from autopack_model.errors import InvalidValue
from autopack_model.issue.value import Issue

T = TypeVar("T")


def plain_body(result: AuditorResult) -> dict[str, Json]:
    """The auditor's dictionary of the old shape. Raises InvalidValue for a patch that JSON cannot carry."""
    body: dict[str, Json] = {
        "run_id": result.attempt.run_id,
        "phase_id": result.attempt.phase,
        "attempt": result.attempt.attempt,
        "recommendation": _word(RECOMMENDATIONS, result.recommendation),
        "confidence": None if result.confidence is None else _word(CONFIDENCES, result.confidence),
        "review_notes": result.review_notes,
        "issues_found": [_issue(issue) for issue in result.issues_found],
        "suggested_patches": [
            {
                "description": patch.description,
                "patch_content": _patch_text(patch.patch, f"suggested_patches[{index}].patch"),
                "files_affected": list(patch.files_affected),
            }
            for index, patch in enumerate(result.suggested_patches)
        ],
        "auditor_attempts": result.auditor_attempts,
        "tokens_used": None if result.tokens is None else result.tokens.total,
    }
    if result.tokens is not None:
        body["metadata"] = {
            "prompt_tokens": result.tokens.prompt,
            "completion_tokens": result.tokens.completion,
        }
    return body


def wrapped_body(result: AuditorResult) -> dict[str, Json]:
    """The plain body inside ``{"success": bool, "result": {...}}``; ``success`` says whether the auditor approves.

    Raises InvalidValue as ``plain_body`` does.
    """
    return {"success": result.recommendation is Recommendation.APPROVE, "result": plain_body(result)}


def _issue(issue: Issue) -> dict[str, Json]:
    return {
        "issue_key": issue.key,
        "severity": _word(SEVERITIES, issue.severity),
        "category": _word(CATEGORIES, issue.category),
        "source": _word(SOURCES, issue.source),
        "evidence_refs": list(issue.evidence_refs),
        "description": issue.description,
    }


def _word(table: Mapping[str, T], member: T) -> str:
    """The first word of ``table`` that stands for ``member``. Each member has one, but for the severity NONE."""
    return next(word for word, meant in table.items() if meant is member)


def _patch_text(patch: bytes, path: str) -> str:
    try:
        return patch.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue(path, f"is not UTF-8 at byte {error.start}, which the old shape cannot carry") from error
