"""What passes between an auditor result and a server that still speaks the old shape."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from autopack_bridge.vocabulary import CATEGORIES, CONFIDENCES, RECOMMENDATIONS, SEVERITIES, SOURCES
from autopack_model.auditor_result.value import AuditorResult, Recommendation
from autopack_model.canonical import Json
from autopack_model.errors import AutopackError, InvalidValue
from autopack_model.issue.value import Issue

T = TypeVar("T")

MISSING_FIELD = "success"
"""The one field whose absence an old server may complain of without the result being refused for good."""


class OldForm(enum.Enum):
    """How a body is sent: as it is, or wrapped as ``{"success": bool, "result": {...}}``."""

    PLAIN = "plain"
    WRAPPED = "wrapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldAnswer:
    """What an old server answered: the name of a gRPC status, a message, and the fields it complains of, ascending."""

    status: str
    message: str
    violations: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether the server took the result."""
        return self.status == "OK"

    @property
    def wants_wrapped(self) -> bool:
        """Whether the server knows the wrapped form only: it has no such method, or misses ``success`` and no more."""
        if self.status == "UNIMPLEMENTED":
            return True
        return self.status == "INVALID_ARGUMENT" and self.violations == (MISSING_FIELD,)


class OldServerUnavailable(AutopackError):
    """The old server did not answer; whether it has the result cannot be told."""

    reason = "OLD_SERVER_UNAVAILABLE"


class OldServerRefused(AutopackError):
    """The old server does not take the result, in the form in which it was sent last."""

    reason = "OLD_SERVER_REFUSED"

    def __init__(self, answer: OldAnswer, *, resent_wrapped: bool, subject: str) -> None:
        again = ", also in the wrapped form" if resent_wrapped else ""
        super().__init__(
            f"the old server refused the auditor result of {subject}{again}: {answer.message} [{answer.status}]",
            subject=subject,
        )
        self.answer = answer
        self.resent_wrapped = resent_wrapped


def old_auditor_body(result: AuditorResult) -> dict[str, Json]:
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


def wrapped(result: AuditorResult, body: dict[str, Json]) -> dict[str, Json]:
    """The wrapped form of ``body``: ``success`` says whether the auditor approves."""
    return {MISSING_FIELD: result.recommendation is Recommendation.APPROVE, "result": body}


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
