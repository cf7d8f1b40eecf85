"""Suite runs that have to be explained: how each ended, why probably, and the last words of its output."""

import shlex
from dataclasses import dataclass
from typing import Final

from autopack_cli.explaining.causes import likely_cause, plain
from autopack_cli.explaining.output_rules import Cause
from autopack_clients.report import FullReport
from autopack_model.decision.value import Condition, Decision, Effect, Incomplete, ReasonCode
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.suite_run.value import SuiteRun

_SIDES_BEHIND: Final = {
    Condition.UNEXPLAINED_EXIT: (Side.HEAD,),
    Condition.UNEXPLAINED_EXIT_ON_BOTH: (Side.BASE, Side.HEAD),
    Condition.ZERO_TESTS: (Side.HEAD,),
    Condition.ZERO_TESTS_ON_BOTH: (Side.BASE, Side.HEAD),
    Condition.ZERO_TESTS_ON_BASE: (Side.BASE,),
    Condition.NO_BASELINE_ZERO_TESTS: (Side.HEAD,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """What one side says of a subject: a state or ``absent``, and the first lines of its message."""

    side: Side
    state: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """One subject of a reason: a test, a collector, a file or a suite run. ``file`` is where to look, empty when
    unknown, and ``command`` prints all of what ``sides`` show the end of, empty where there is no more. ``running``
    names tests that had begun and not ended.
    """

    name: str
    file: str
    sides: tuple[SideView, ...]
    cause: Cause | None = None
    command: str = ""
    running: tuple[str, ...] = ()


def sides_behind(code: ReasonCode) -> tuple[Side, ...]:
    """The sides whose suite run as a whole is the reason, instead of any of its tests."""
    if isinstance(code, Incomplete):
        return (code.side,)
    return _SIDES_BEHIND.get(code, ()) if isinstance(code, Condition) else ()


def decisive_sides(decision: Decision) -> tuple[Side, ...]:
    """The sides whose suite run as a whole weighs in the decision, base first."""
    found = {side for reason in decision.reasons if reason.effect >= Effect.WARN for side in sides_behind(reason.code)}
    return tuple(side for side in Side if side in found)


def unproven_sides(full: FullReport) -> tuple[Side, ...]:
    """The sides whose suite run proves nothing, base first."""
    return tuple(
        side for side in Side if (evidence := full.evidence(side)) is not None and not assess(evidence).complete
    )


def suite_runs(full: FullReport, sides: tuple[Side, ...]) -> tuple[SubjectView, ...]:
    """The suite runs of ``sides``, as far as they were measured."""
    return tuple(_suite_run(full, side, evidence) for side in sides if (evidence := full.evidence(side)) is not None)


def _suite_run(full: FullReport, side: Side, evidence: Evidence) -> SubjectView:
    run, entry = evidence.suite_run, full.report.attempt.side(side)
    setup, tree = run.setup, run.environment.tree_path
    logs = f"autopack logs {full.report.spec.run_id} --side {side.label}"
    if setup is not None and setup.exit_code != 0:
        state = f"setup command {setup.command!r} {_ended(setup.exit_code, None, timed_out=setup.timed_out)}"
        message, logs = plain(setup.output_tail, tree).rstrip(), f"{logs} --what setup"
    elif run.folder_missing:
        state, message = f"the folder {run.folder} is not in the tree", ""
    elif run.before_side is not None and run.before_side.exit_code != 0:
        before = run.before_side
        state = f"before_side {before.command!r} {_ended(before.exit_code, None, timed_out=before.timed_out)}"
        message = plain(before.output_tail, tree).rstrip()
    else:
        state = f"{_pytest(run)} {_ended(run.exit_code, run.process.signal, timed_out=run.process.timed_out)}"
        message = (
            "\n".join(f"imported {module}" for module in run.binding.foreign) or plain(run.output_tail, tree).rstrip()
        )
    return SubjectView(
        name=f"suite run on {side.label}",
        file="",
        sides=(SideView(side=side, state=state, message=message),),
        cause=likely_cause(run),
        command="" if entry is None or entry.reused else logs,
        running=run.recorder.running,
    )


def failed_ends(full: FullReport) -> tuple[SubjectView, ...]:
    """The commands after a suite that failed, base first. No decision depends on them."""
    return tuple(
        SubjectView(
            name=f"end of the suite run on {side.label}",
            file="",
            sides=(
                SideView(
                    side=side,
                    state=f"after_side {after.command!r} {_ended(after.exit_code, None, timed_out=after.timed_out)}",
                    message=plain(after.output_tail, evidence.suite_run.environment.tree_path).rstrip(),
                ),
            ),
        )
        for side in Side
        if (evidence := full.evidence(side)) is not None
        and (after := evidence.suite_run.after_side) is not None
        and after.exit_code != 0
    )


def _pytest(run: SuiteRun) -> str:
    return shlex.join(("pytest", *run.arguments))


def _ended(exit_code: int | None, signal: int | None, *, timed_out: bool) -> str:
    if timed_out:
        return "did not end in time"
    if signal is not None:
        return f"was killed by signal {signal}"
    return "did not come to its end" if exit_code is None else f"ended with exit code {exit_code}"
