"""Why a run was decided as it was: each reason with its rule, its tests, and what the evidence of both sides says."""

from bisect import bisect_left
from dataclasses import dataclass

from autopack_cli.explaining.reproduction import commands
from autopack_clients.report import FullReport
from autopack_model.decision.delta import COLLECTOR_CATEGORIES, Category
from autopack_model.decision.rules import rule
from autopack_model.decision.value import Incomplete, Reason
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.report.artifact_folder import OUTPUT_FILE, artifact_folder
from autopack_model.report.value import RunReport


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """What one side says of a subject: a state or ``absent``, and the first lines of its message."""

    side: Side
    state: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """One subject of a reason: a test, a collector or a file; ``file`` is where to look, empty when unknown."""

    name: str
    file: str
    sides: tuple[SideView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """One reason, explained."""

    reason: Reason
    rule: str
    subjects: tuple[SubjectView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A whole decision, explained. ``reproduce`` holds the shell commands that reproduce what fails."""

    report: RunReport
    reasons: tuple[ReasonView, ...]
    reproduce: tuple[str, ...]


def explain(full: FullReport) -> Explanation:
    """Explain a report. Without a decision there are no reasons."""
    report = full.report
    reasons = () if report.decision is None else report.decision.reasons
    views = tuple(
        ReasonView(
            reason=reason,
            rule=rule(reason.code),
            subjects=_suite_run(full, reason.code)
            if isinstance(reason.code, Incomplete)
            else tuple(_subject(full, reason, name) for name in reason.subjects),
        )
        for reason in reasons
    )
    return Explanation(report=report, reasons=views, reproduce=commands(full))


def file_of(name: str) -> str:
    """The file part of a test id or collector."""
    return name.partition("::")[0]


def _subject(full: FullReport, reason: Reason, name: str) -> SubjectView:
    if isinstance(reason.code, Category):
        of_collector = reason.code in COLLECTOR_CATEGORIES
        sides = tuple(
            _collector_view(evidence, side, name) if of_collector else _test_view(evidence, side, name)
            for side in Side
            if (evidence := full.evidence(side)) is not None
        )
        return SubjectView(name=name, file=file_of(name), sides=sides)
    return SubjectView(name=name, file=file_of(name), sides=())


def _suite_run(full: FullReport, code: Incomplete) -> tuple[SubjectView, ...]:
    """The suite run that proves nothing: how it ended, its last words, and the file with its whole output."""
    evidence, entry = full.evidence(code.side), full.report.attempt.side(code.side)
    if evidence is None or entry is None:
        return ()
    setup, process = evidence.suite_run.setup, evidence.suite_run.process
    message = "\n".join(f"imported {module}" for module in evidence.suite_run.binding.foreign)
    file = f"{artifact_folder(full.report.attempt.ref, code.side)}/{OUTPUT_FILE}"
    if setup is not None and setup.exit_code != 0:
        state = f"setup command {setup.command!r} {_ended(setup.exit_code, None, timed_out=setup.timed_out)}"
        message, file = setup.output_tail, ""
    else:
        state = f"pytest {_ended(evidence.suite_run.exit_code, process.signal, timed_out=process.timed_out)}"
    view = SideView(side=code.side, state=state, message=message)
    return (SubjectView(name=f"suite run on {code.side.label}", file=file, sides=(view,)),)


def _ended(exit_code: int | None, signal: int | None, *, timed_out: bool) -> str:
    if timed_out:
        return "did not end in time"
    if signal is not None:
        return f"was killed by signal {signal}"
    return "did not come to its end" if exit_code is None else f"ended with exit code {exit_code}"


def _test_view(evidence: Evidence, side: Side, test_id: str) -> SideView:
    index = evidence.test_ids.find(test_id)
    if index is None:
        return SideView(side=side, state="absent", message="")
    position = bisect_left(evidence.details, index, key=lambda detail: detail.index)
    known = position < len(evidence.details) and evidence.details[position].index == index
    message = evidence.details[position].message if known else ""
    return SideView(side=side, state=evidence.state_of(index).label, message=message)


def _collector_view(evidence: Evidence, side: Side, collector: str) -> SideView:
    for outcome in evidence.suite_run.recorder.collectors:
        if outcome.collector == collector:
            return SideView(side=side, state=outcome.state.label, message=outcome.message)
    below = sum(test_id.startswith((f"{collector}::", f"{collector}/")) for test_id in evidence.test_ids)
    return SideView(side=side, state=f"{below} tests collected" if below else "absent", message="")
