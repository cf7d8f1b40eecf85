"""The result of a run as a JSON document, published as ``docs/result.schema.json``."""

from collections.abc import Mapping

from autopack_model.canonical import Json
from autopack_model.changed_files.document import changed_file_document
from autopack_model.decision.delta import Category
from autopack_model.decision.document import counts_document, decision_digest, reason_document
from autopack_model.decision.value import Verdict
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.report.value import RunReport
from autopack_model.run.value import RunFailure, RunState
from autopack_model.suite_run.value import CollectorState

SCHEMA = "autopack.result/1"


def result_document(report: RunReport) -> dict[str, Json]:
    """The document. Lists are sorted; without a decision ``verdict``, ``severity`` and ``decision_digest`` are null
    and ``failure`` says why. A run that failed or was cancelled has no verdict, decision or not; but one that failed
    from outside is INCONCLUSIVE.
    """
    decision, run = report.decision, report.run
    delta = report.delta()
    return {
        "schema": SCHEMA,
        "run_id": run.spec.run_id,
        "state": run.state.label,
        "failure": None if run.failure is None else {"code": run.failure.code, "message": run.failure.message},
        "verdict": None if report.verdict is None else report.verdict.name,
        "decision_verdict": None if decision is None else decision.verdict.name,
        "exit_code": report.exit_code,
        "decision_digest": None if decision is None else decision_digest(decision),
        "severity": None if decision is None else decision.severity.label,
        "base": _side(report, Side.BASE),
        "head": _side(report, Side.HEAD),
        "changed_files": {
            "status": "UNKNOWN" if report.changed_files is None else report.changed_files.status.label,
            "files": []
            if report.changed_files is None
            else [changed_file_document(file) for file in report.changed_files.files],
        },
        "delta": {category.label: list(delta[category]) for category in Category},
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
        "base": None,
        "head": None,
        "changed_files": {"status": "UNKNOWN", "files": []},
        "delta": {category.label: [] for category in Category},
        "reasons": [],
    }


def state_counts(evidence: Evidence) -> Mapping[TestState, int]:
    """The number of tests in each state."""
    return {state: evidence.states.count(state) for state in TestState}


def _side(report: RunReport, side: Side) -> dict[str, Json] | None:
    evidence, tree = report.evidence(side), report.tree(side)
    entry = report.attempt.side(side)
    if tree is None or evidence is None or entry is None:
        return None
    completeness = assess(evidence)
    return {
        "revision": tree.revision,
        "tree": tree.tree,
        "complete": completeness.complete,
        "incomplete_reason": None if completeness.reason is None else completeness.reason.label,
        "exit_code": evidence.suite_run.process.exit_code,
        "reused": entry.reused,
        "counts": counts_document(state_counts(evidence)),
        "collection_errors": [
            collector.collector
            for collector in evidence.suite_run.recorder.collectors
            if collector.state is CollectorState.ERRORED
        ],
    }
