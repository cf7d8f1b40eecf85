"""The JSON documents of answers and further decisions, for reports. Keys are stable."""

from autopack_model.approval.value import Approval, FurtherDecision
from autopack_model.canonical import Json


def approval_document(approval: Approval) -> dict[str, Json]:
    """Every field of an answer."""
    return {
        "answer": approval.answer.label,
        "decision_digest": approval.decision_digest,
        "name": approval.name,
        "reason": approval.reason,
        "at_ms": approval.at_ms,
    }


def further_decision_document(further: FurtherDecision) -> dict[str, Json]:
    """Every field of what is known of a further decision."""
    return {
        "number": further.number,
        "decision_digest": further.decision_digest,
        "verdict": further.verdict.name,
        "name": further.name,
        "at_ms": further.at_ms,
    }
