"""The result of a gate for people."""

from collections.abc import Iterable, Mapping
from typing import TextIO

from rich.console import Console
from rich.text import Text

from autopack_cli.explaining.output_rules import Cause
from autopack_cli.render.console import EFFECT_STYLES, VERDICT_STYLES, console
from autopack_cli.render.standing import afterwards
from autopack_cli.render.text import one_line
from autopack_model.decision.delta import Category
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Effect, Reason, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.report.artifact_folder import PATCH_FILE, artifact_folder
from autopack_model.report.value import RunReport, SideReport
from autopack_model.run.value import PatchFix, RunFailure

SHOWN_SUBJECTS = 10
_FIXES = {
    PatchFix.LAST_NEWLINE: "its last newline restored",
    PatchFix.HUNK_COUNTS: "its hunks counted anew",
}


def print_summary(report: RunReport, causes: Mapping[Side, Cause], stream: TextIO, *, color: bool) -> None:
    """Print the verdict, each reason with its first subjects, both sides' counts, and the likely ``causes`` of what the
    suite runs do not show.
    """
    out = console(stream, color=color)
    decision, run_id, failure = report.decision, report.spec.run_id, report.failure
    if report.failed_outside is not None:
        print_outside(run_id, report.failed_outside, stream, color=color)
        return
    if decision is None or report.verdict is None:
        why = "" if failure is None else f": {one_line(failure.message, 2000)} [{failure.code}]"
        out.print(Text(f"NO VERDICT: run {run_id} {report.state.label}{why}", style="bold red"))
        return
    out.print(Text(report.verdict.name, style=VERDICT_STYLES[report.verdict]), Text(f"run {run_id}"))
    if decision.verdict is not report.verdict:
        out.print(Text(f"  the tests came to {decision.verdict.name}; the auditor made it {report.verdict.name}"))
    if report.spec.patch_fixes:
        out.print(Text(f"  the patch was mended: {mended(report)}"))
    for line in afterwards(report.attempt):
        out.print(Text(f"  {line}"))
    print_reasons(out, decision.reasons)
    for side in Side:
        if side in (Side.CROSS, Side.REVERSE) and report.side(side) is None:
            continue
        out.print(Text(f"  {side.label}: {side_line(report.side(side))}", style="dim"))
        if side in causes:
            print_cause(out, causes[side], "    ")
    out.print(Text(f"  severity {decision.severity.label}, decision {decision_digest(decision)}", style="dim"))
    if report.verdict is not Verdict.ALLOW:
        out.print(Text(f"  why, and how to see it: autopack explain {run_id}"))


def print_reasons(out: Console, reasons: Iterable[Reason]) -> None:
    """Print each reason with its first subjects."""
    for reason in reasons:
        label = f"  {reason.effect.label:<12} {reason.code.label}"
        out.print(Text(label, style=EFFECT_STYLES[reason.effect]), Text(one_line(reason.message, 400)))
        if reason.effect >= Effect.WARN or reason.code is Category.NEWLY_PASSING:
            for subject in reason.subjects[:SHOWN_SUBJECTS]:
                out.print(Text(f"    {one_line(subject)}"))
            if len(reason.subjects) > SHOWN_SUBJECTS:
                out.print(Text(f"    and {len(reason.subjects) - SHOWN_SUBJECTS} more"))


def mended(report: RunReport) -> str:
    """What was mended in the patch, and where it is as it was applied."""
    done = " and ".join(_FIXES[fix] for fix in report.spec.patch_fixes)
    return f"{done}; as applied: {artifact_folder(report.attempt.ref, Side.HEAD)}/{PATCH_FILE}"


def print_outside(run_id: str | None, failure: RunFailure, stream: TextIO, *, color: bool) -> None:
    """Print that a failure from outside ended a run, or kept it from starting."""
    out = console(stream, color=color)
    verdict, effect = Verdict.INCONCLUSIVE, Effect.INCONCLUSIVE
    out.print(Text(verdict.name, style=VERDICT_STYLES[verdict]), Text("no run" if run_id is None else f"run {run_id}"))
    label = f"  {effect.label:<12} {failure.code.lower()}"
    out.print(Text(label, style=EFFECT_STYLES[effect]), Text(one_line(failure.message, 2000)))


def side_line(side: SideReport | None) -> str:
    """One side in a line: its revision, its counts, whether it is complete, and whether it is a reused baseline."""
    if side is None:
        return "not measured"
    counts = ", ".join(f"{side.counts[state]} {state.label}" for state in TestState if side.counts.get(state))
    failed = len(side.collection_errors)
    uncollected = f", {failed} {'module' if failed == 1 else 'modules'} could not be collected" if failed else ""
    reason = side.incomplete_reason
    quality = "complete" if reason is None else f"incomplete ({reason.label})"
    reused = ", reused baseline" if side.reused else ""
    return f"{side.tree.revision[:12]} {counts or 'no tests'}{uncollected}; {quality}{reused}{_retries(side)}"


def _retries(side: SideReport) -> str:
    """How often some of the tests of the side were run again, empty where none was."""
    if not side.retries:
        return ""
    reused = sum(retry.reused for retry in side.retries)
    lost = sum(retry.incomplete_reason is not None for retry in side.retries)
    of_these = [f"{count} {what}" for count, what in ((reused, "of earlier runs"), (lost, "that did not end")) if count]
    count = len(side.retries)
    shown = f" ({', '.join(of_these)})" if of_these else ""
    return f"; {count} {'retry' if count == 1 else 'retries'}{shown}"


def print_cause(out: Console, cause: Cause, indent: str) -> None:
    """Print a likely cause and what to do about it."""
    out.print(Text(f"{indent}likely cause: {one_line(cause.what, 1000)}"))
    out.print(Text(f"{indent}what to do: {one_line(cause.cure, 1000)}"))
