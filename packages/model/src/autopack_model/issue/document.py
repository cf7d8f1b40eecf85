"""JSON documents of builder and auditor results: the input of their digests. Keys are stable."""

from autopack_model.canonical import Json
from autopack_model.issue.value import Issue


def issue_document(issue: Issue) -> dict[str, Json]:
    return {
        "key": issue.key,
        "severity": issue.severity.label,
        "category": issue.category.label,
        "source": issue.source.label,
        "evidence_refs": list(issue.evidence_refs),
        "description": issue.description,
    }
