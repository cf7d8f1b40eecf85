"""The explanation of a decision for people."""

from typing import TextIO

from rich.console import Console
from rich.text import Text

from autopack_cli.explaining.explanation import Explanation, ReasonView
from autopack_cli.explaining.suites import SubjectView
from autopack_cli.explaining.turning import turning
from autopack_cli.render.console import EFFECT_STYLES, VERDICT_STYLES, console
from autopack_cli.render.standing import afterwards
from autopack_cli.render.summary import mended, print_cause, side_line
from autopack_cli.render.text import lines, one_line
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.finding.value import Finding
from autopack_model.identity.value import Side
from autopack_model.report.value import RunReport

SHOWN_SUBJECTS = 50
SHOWN_LINES = 25
SHOWN_LINES_OF_A_TEST = 12


def print_explanation(explanation: Explanation, stream: TextIO, *, color: bool) -> None:
    """Print the run, its verdict and sides, each reason with its subjects, and the commands to reproduce them."""
    out = console(stream, color=color)
    report = explanation.report
    spec, decision, failure = report.spec, report.decision, report.failure
    out.print(Text(f"run        {spec.run_id} in {one_line(spec.repository, 1000)}"))
    if report.failed_outside is not None:
        cause = f"{report.failed_outside.code.lower()}: {one_line(report.failed_outside.message, 2000)}"
        out.print(Text("verdict    "), Text(Verdict.INCONCLUSIVE.name, style="bold yellow"), Text(f", {cause}"), sep="")
    elif decision is None or report.verdict is None:
        why = "" if failure is None else f": {one_line(failure.message, 2000)} [{failure.code}]"
        out.print(Text(f"verdict    none; {report.state.label}{why}", style="bold red"))
    else:
        out.print(Text("verdict    "), Text(report.verdict.name, style=VERDICT_STYLES[report.verdict]), sep="")
        if decision.verdict is not report.verdict:
            out.print(Text(f"auditor    made it stricter; the tests came to {decision.verdict.name}"))
        out.print(Text(f"severity   {decision.severity.label}"))
        out.print(Text(f"decision   {decision_digest(decision)}"))
        out.print(Text(f"policy     {decision.policy_digest}"))
        for line in afterwards(report.attempt):
            out.print(Text(f"afterwards {line}"))
    if spec.patch_fixes:
        out.print(Text(f"patch      mended: {mended(report)}"))
    _print_sides(out, report)
    for view in explanation.reasons:
        out.print()
        _print_reason(out, view)
    for suite in (*explanation.suites, *explanation.ends):
        out.print()
        _print_subject(out, suite)
    _print_turning(out, report)
    if explanation.reproduce:
        out.print()
        out.print(Text("To see it:"))
        for command in explanation.reproduce:
            out.print(Text(f"  {command}"))


def _print_sides(out: Console, report: RunReport) -> None:
    """Print what each side came to; nothing of a third side that there is none of."""
    for side in Side:
        entry = report.attempt.side(side)
        if side in (Side.CROSS, Side.REVERSE) and entry is None:
            continue
        out.print(Text(f"{side.label:<10} {side_line(report.side(side))}"))
        if entry is not None:
            out.print(Text(f"           evidence {entry.evidence_digest}"))


def _print_turning(out: Console, report: RunReport) -> None:
    """Print the smallest change that would turn the verdict, where there is one."""
    decision = report.decision
    turned = None if decision is None or report.verdict is None else turning(decision, report.spec.run_id)
    if turned is None:
        return
    out.print()
    codes = ", ".join(reason.code.label for reason in turned.reasons)
    out.print(Text(f"To turn it: without {codes} the verdict is {turned.verdict.name}."))
    for way in turned.ways:
        out.print(Text(f"  {one_line(way, 1000)}"))


def _print_reason(out: Console, view: ReasonView) -> None:
    reason = view.reason
    out.print(Text(f"{reason.effect.label}: {reason.code.label}", style=EFFECT_STYLES[reason.effect]))
    out.print(Text(f"  {one_line(reason.message, 400)}"))
    out.print(Text(f"  rule: {view.rule} -> {reason.effect.label}"))
    if view.findings:
        _print_findings(out, view.findings)
        return
    for subject in view.subjects[:SHOWN_SUBJECTS]:
        _print_subject(out, subject)
    if len(view.subjects) > SHOWN_SUBJECTS:
        out.print(Text(f"  and {len(view.subjects) - SHOWN_SUBJECTS} more; result.json has them all"))


def _print_findings(out: Console, findings: tuple[Finding, ...]) -> None:
    for finding in findings[:SHOWN_SUBJECTS]:
        test = f" {one_line(finding.test, 1000)}" if finding.test else ""
        out.print(Text(f"  - {one_line(finding.path)}:{finding.line}{test}"))
        for label, text in (("before", finding.before), ("after", finding.after)):
            for number, line in enumerate(lines(text, SHOWN_LINES_OF_A_TEST)):
                out.print(Text(f"      {'' if number else f'{label}:':<8}{line}", style="dim"))
    if len(findings) > SHOWN_SUBJECTS:
        out.print(Text(f"  and {len(findings) - SHOWN_SUBJECTS} more; result.json has them all"))


def _print_subject(out: Console, subject: SubjectView) -> None:
    out.print(Text(f"  - {one_line(subject.name, 1000)}"))
    if subject.file and subject.file != subject.name:
        out.print(Text(f"      look at: {one_line(subject.file)}"))
    if subject.cause is not None:
        print_cause(out, subject.cause, "      ")
    for test_id in subject.running:
        out.print(Text(f"      was running: {one_line(test_id, 1000)}"))
    for view in subject.sides:
        out.print(Text(f"      {view.side.label}: {one_line(view.state, 1000)}"))
        for line in lines(view.message, SHOWN_LINES if subject.command else SHOWN_LINES_OF_A_TEST):
            out.print(Text(f"        {line}", style="dim"))
    if subject.command:
        out.print(Text(f"      all of it: {subject.command}"))
