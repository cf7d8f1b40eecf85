"""Why a run was decided as it was: each reason with its rule, the tests, both sides' evidence, and how to see it."""

import shlex
from bisect import bisect_left
from dataclasses import dataclass

from autopack_executor.domain.report import RunReport
from autopack_executor.domain.rules import rule
from autopack_results.decision import Incomplete, Reason
from autopack_results.delta import COLLECTOR_CATEGORIES, Category
from autopack_results.identity import Side
from autopack_results.outcome import BAD
from autopack_results.suite_run import Evidence

MAX_REPRODUCED = 50


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
    """A whole decision, explained. ``reproduce`` holds shell commands that show what fails; empty when nothing does."""

    report: RunReport
    reasons: tuple[ReasonView, ...]
    reproduce: tuple[str, ...]


def explain(report: RunReport) -> Explanation:
    """Explain a report. Without a decision there are no reasons."""
    reasons = () if report.decision is None else report.decision.reasons
    views = tuple(
        ReasonView(
            reason=reason,
            rule=rule(reason.code),
            subjects=tuple(_subject(report, reason, name) for name in reason.subjects),
        )
        for reason in reasons
    )
    return Explanation(report=report, reasons=views, reproduce=_commands(report))


def file_of(name: str) -> str:
    """The file part of a test id or collector."""
    return name.partition("::")[0]


def _subject(report: RunReport, reason: Reason, name: str) -> SubjectView:
    if isinstance(reason.code, Category):
        of_collector = reason.code in COLLECTOR_CATEGORIES
        sides = tuple(
            _collector_view(evidence, side, name) if of_collector else _test_view(evidence, side, name)
            for side in Side
            if (evidence := report.evidence(side)) is not None
        )
        return SubjectView(name=name, file=file_of(name), sides=sides)
    return SubjectView(name=name, file="" if isinstance(reason.code, Incomplete) else file_of(name), sides=())


def _test_view(evidence: Evidence, side: Side, test_id: str) -> SideView:
    index = bisect_left(evidence.test_ids, test_id)
    if index == len(evidence.test_ids) or evidence.test_ids[index] != test_id:
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


def _commands(report: RunReport) -> tuple[str, ...]:
    """Check head out beside the user's checkout and run what does not pass there."""
    if report.head is None:
        return ()
    failing = [test_id for test_id, state in zip(report.head.test_ids, report.head.states, strict=True) if state in BAD]
    collectors = [outcome.collector for outcome in report.head.suite_run.recorder.collectors]
    targets = failing + collectors
    incomplete = report.decision is not None and report.decision.head.incomplete_reason is not None
    if not targets and not incomplete:
        return ()
    spec = report.run.spec
    folder = f"../autopack-{spec.run_id}"
    selected = [] if incomplete or len(targets) > MAX_REPRODUCED else targets
    python = "python" if spec.setup else spec.interpreter
    commands = [
        f"git -C {shlex.quote(spec.repository)} worktree add --detach {shlex.quote(folder)} {spec.head.revision}",
        f"cd {shlex.quote(spec.repository)}/{shlex.quote(folder)}",
    ]
    if spec.setup:
        commands += [f"{shlex.quote(spec.interpreter)} -m venv .venv && . .venv/bin/activate", spec.setup]
    commands.append(shlex.join([python, "-m", "pytest", *spec.arguments, *selected]))
    return tuple(commands)
