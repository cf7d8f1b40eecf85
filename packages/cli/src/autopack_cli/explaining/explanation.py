"""Why a run was decided as it was: each reason with its rule, its tests, and what the evidence of both sides says."""

from dataclasses import dataclass

from autopack_cli.explaining.causes import cause_of_error
from autopack_cli.explaining.outcomes import test_view
from autopack_cli.explaining.output_rules import Cause
from autopack_cli.explaining.reproduction import commands
from autopack_cli.explaining.suites import SideView, SubjectView, failed_ends, sides_behind, suite_runs, unproven_sides
from autopack_clients.report import FullReport
from autopack_model.decision.delta import COLLECTOR_CATEGORIES, Category
from autopack_model.decision.rules import rule
from autopack_model.decision.value import Reason, ReasonCode
from autopack_model.evidence.value import Evidence
from autopack_model.finding.value import Finding, FindingRule
from autopack_model.identity.value import Side
from autopack_model.report.value import RunReport
from autopack_model.suite_run.value import CollectorState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """One reason, explained. ``findings`` are those of its rule, where it is about findings."""

    reason: Reason
    rule: str
    subjects: tuple[SubjectView, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A whole decision, explained. ``suites`` are the suite runs of a run that was never decided, as far as they need
    an explanation; ``ends`` are the commands after a suite that failed; ``reproduce`` holds the shell commands that
    reproduce what fails.
    """

    report: RunReport
    reasons: tuple[ReasonView, ...]
    suites: tuple[SubjectView, ...]
    ends: tuple[SubjectView, ...]
    reproduce: tuple[str, ...]


def explain(full: FullReport) -> Explanation:
    """Explain a report. Without a decision there are no reasons."""
    report = full.report
    reasons = () if report.decision is None else report.decision.reasons
    views = tuple(
        ReasonView(
            reason=reason,
            rule=rule(reason.code),
            subjects=suite_runs(full, sides_behind(reason.code))
            or tuple(_subject(full, reason, name) for name in reason.subjects),
            findings=_findings(full, reason.code),
        )
        for reason in reasons
    )
    return Explanation(
        report=report,
        reasons=views,
        suites=() if report.decision is not None else suite_runs(full, unproven_sides(full)),
        ends=failed_ends(full),
        reproduce=commands(full),
    )


def _findings(full: FullReport, code: ReasonCode) -> tuple[Finding, ...]:
    changed = full.report.changed_files
    if changed is None or not isinstance(code, FindingRule):
        return ()
    return tuple(each for each in changed.findings.found if each.rule is code)


def file_of(name: str) -> str:
    """The file part of a test id or collector."""
    return name.partition("::")[0]


def _subject(full: FullReport, reason: Reason, name: str) -> SubjectView:
    if isinstance(reason.code, Category):
        of_collector = reason.code in COLLECTOR_CATEGORIES
        sides = tuple(
            _collector_view(evidence, side, name) if of_collector else test_view(full, side, evidence, name)
            for side in Side
            if (evidence := full.evidence(side)) is not None
        )
        return SubjectView(name=name, file=file_of(name), sides=sides, cause=_collector_cause(full, reason, name))
    return SubjectView(name=name, file=file_of(name), sides=())


def _collector_cause(full: FullReport, reason: Reason, name: str) -> Cause | None:
    """The likely cause of a collector's error, on head where it errs there."""
    for side in reversed(Side):
        evidence = full.evidence(side) if reason.code in COLLECTOR_CATEGORIES else None
        for outcome in () if evidence is None else evidence.suite_run.recorder.collectors:
            if evidence is not None and outcome.collector == name and outcome.state is CollectorState.ERRORED:
                return cause_of_error(outcome.message, evidence.suite_run)
    return None


def _collector_view(evidence: Evidence, side: Side, collector: str) -> SideView:
    for outcome in evidence.suite_run.recorder.collectors:
        if outcome.collector == collector:
            return SideView(side=side, state=outcome.state.label, message=outcome.message)
    below = sum(test_id.startswith((f"{collector}::", f"{collector}/")) for test_id in evidence.test_ids)
    return SideView(side=side, state=f"{below} tests collected" if below else "absent", message="")
