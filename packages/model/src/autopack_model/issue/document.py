"""The JSON document of an issue."""

from autopack_model.canonical import Json
from autopack_model.issue.value import Issue


def issue_document(issue: Issue) -> dict[str, Json]:
    """Every field of an issue."""
    return {
        "key": issue.key,
        "severity": issue.severity.label,
        "category": issue.category.label,
        "source": issue.source.label,
        "evidence_refs": list(issue.evidence_refs),
        "description": issue.description,
    }
