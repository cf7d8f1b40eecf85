"""The JSON documents of findings, and their digest. Keys are stable."""

from autopack_model.canonical import Json
from autopack_model.digest import digest_document
from autopack_model.finding.value import Finding, Findings


def findings_digest(findings: Findings) -> str:
    """The digest of the findings. Of the problem it only covers whether there is one."""
    return digest_document(
        {
            "schema": "autopack.findings/1",
            "findings": [finding_document(finding) for finding in findings.found],
            "whole": not findings.problem,
        }
    )


def finding_document(finding: Finding) -> dict[str, Json]:
    """Every field of a finding."""
    return {
        "rule": finding.rule.label,
        "path": finding.path,
        "line": finding.line,
        "test": finding.test,
        "before": finding.before,
        "after": finding.after,
    }
