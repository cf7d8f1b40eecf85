"""The report of a run as the JSON document ``result.json``, published as ``docs/result.schema.json``."""

from autopack_model.approval.document import approval_document, further_decision_document
from autopack_model.canonical import Json
from autopack_model.changed_files.document import changed_file_document
from autopack_model.decision.delta import Category
from autopack_model.decision.document import counts_document, decision_digest, reason_document
from autopack_model.decision.value import Verdict
from autopack_model.finding.document import finding_document
from autopack_model.report.value import RunReport, SideReport
from autopack_model.run.value import RunFailure, RunState

SCHEMA = "autopack.result/1"


def report_document(report: RunReport) -> dict[str, Json]:
    """The document. Lists are sorted; without a decision ``verdict``, ``severity`` and ``decision_digest`` are null
    and ``failure`` says why. A run that failed or was cancelled has no verdict, decision or not; but one that failed
    from outside is INCONCLUSIVE.
    """
    decision, failure = report.decision, report.failure
    delta = report.delta or {}
    return {
        "schema": SCHEMA,
        "run_id": report.spec.run_id,
        "state": report.state.label,
        "failure": None if failure is None else {"code": failure.code, "message": failure.message},
        "verdict": None if report.verdict is None else report.verdict.name,
        "decision_verdict": None if decision is None else decision.verdict.name,
        "exit_code": report.exit_code,
        "decision_digest": None if decision is None else decision_digest(decision),
        "severity": None if decision is None else decision.severity.label,
        "patch_fixes": [fix.label for fix in report.spec.patch_fixes],
        "base": _side(report.base),
        "head": _side(report.head),
        "cross": _side(report.cross),
        "reverse": _side(report.reverse),
        "changed_files": {
            "status": "UNKNOWN" if report.changed_files is None else report.changed_files.status.label,
            "files": []
            if report.changed_files is None
            else [changed_file_document(file) for file in report.changed_files.files],
        },
        "delta": {category.label: list(delta.get(category, ())) for category in Category},
        "findings": []
        if report.changed_files is None
        else [finding_document(finding) for finding in report.changed_files.findings.found],
        "further_decisions": [further_decision_document(each) for each in report.attempt.further_decisions],
        "approvals": [approval_document(each) for each in report.attempt.approvals],
        "reasons": [] if decision is None else [reason_document(reason) for reason in decision.reasons],
    }


def unreported_document(run_id: str, failure: RunFailure) -> dict[str, Json]:
    """The document of a run of which nothing can be read any more, for a cause that lies outside of it."""
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "state": RunState.RUNNING.label,
        "failure": {"code": failure.code, "message": failure.message},
        "verdict": Verdict.INCONCLUSIVE.name,
        "decision_verdict": None,
        "exit_code": Verdict.INCONCLUSIVE.exit_code,
        "decision_digest": None,
        "severity": None,
        "patch_fixes": [],
        "base": None,
        "head": None,
        "cross": None,
        "reverse": None,
        "changed_files": {"status": "UNKNOWN", "files": []},
        "delta": {category.label: [] for category in Category},
        "findings": [],
        "further_decisions": [],
        "approvals": [],
        "reasons": [],
    }


def _side(side: SideReport | None) -> dict[str, Json] | None:
    if side is None:
        return None
    return {
        "revision": side.tree.revision,
        "tree": side.tree.tree,
        "complete": side.incomplete_reason is None,
        "incomplete_reason": None if side.incomplete_reason is None else side.incomplete_reason.label,
        "exit_code": side.exit_code,
        "reused": side.reused,
        "counts": counts_document(side.counts),
        "collection_errors": list(side.collection_errors),
        "retries": [
            {
                "complete": retry.incomplete_reason is None,
                "incomplete_reason": None if retry.incomplete_reason is None else retry.incomplete_reason.label,
                "reused": retry.reused,
            }
            for retry in side.retries
        ],
    }
