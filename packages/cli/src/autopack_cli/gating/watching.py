"""Watching a run to its end, even when its executor goes away and comes back."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from autopack_cli.explaining.causes import likely_cause
from autopack_cli.explaining.output_rules import Cause
from autopack_cli.explaining.suites import decisive_sides
from autopack_cli.interruption import interruption
from autopack_cli.messages import tell
from autopack_cli.render.progress import ProgressView
from autopack_cli.render.text import one_line
from autopack_cli.session import Session
from autopack_clients.errors import ExecutorLost
from autopack_clients.executor import RunDocument
from autopack_clients.report import full_report, summary_report
from autopack_model.canonical import Json
from autopack_model.errors import AutopackError
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.report.document import report_document
from autopack_model.report.value import RunReport
from autopack_model.run.value import Run, RunFailure
from autopack_rpc.errors import RemoteError

PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A run that has ended or whose executor was lost: its report, the document of it when that was wanted, and the
    likely cause for each side whose suite run as a whole is a reason of the decision, where the evidence tells it.
    """

    report: RunReport
    document: Mapping[str, Json] | None
    causes: Mapping[Side, Cause]


def watch_to_end(connected: Session, run_id: str, view: ProgressView, *, with_document: bool) -> Watched:
    """Show the progress of the run and return its report. A remote executor that is lost has the session's patience to
    come back; after that the report says EXECUTOR_LOST, unless the store knows how the run ended.

    Raises RemoteError, and AutopackError when nobody has a report.
    """
    document: Mapping[str, Json] | None = None
    try:
        run, document = _watch(connected, run_id, view, with_report=with_document)
    except ExecutorLost as lost:
        run = connected.store.run(run_id)
        if not run.ended:
            run = replace(run, failure=RunFailure.of(lost.reason, lost.message))
    if document is None and with_document:
        # The executor does not have the document, so the store is asked for everything.
        full = full_report(connected.store, run)
        causes = _causes(full.report, full.evidence)
        return Watched(report=full.report, document=report_document(full.report), causes=causes)
    report = summary_report(connected.store, run)
    return Watched(
        report=report, document=document, causes=_causes(report, lambda side: _evidence(connected, report, side))
    )


def _causes(report: RunReport, evidence: Callable[[Side], Evidence | None]) -> Mapping[Side, Cause]:
    if report.decision is None or report.failed_outside is not None:
        return {}
    found = {side: evidence(side) for side in decisive_sides(report.decision)}
    causes = {side: likely_cause(each.suite_run) for side, each in found.items() if each is not None}
    return {side: cause for side, cause in causes.items() if cause is not None}


def _evidence(connected: Session, report: RunReport, side: Side) -> Evidence | None:
    """The evidence of a side; None where it cannot be had, for the decision stands without its explanation."""
    entry = report.attempt.side(side)
    try:
        return None if entry is None else connected.store.evidence(entry.evidence_digest)
    except (AutopackError, RemoteError):
        return None


def _watch(
    connected: Session, run_id: str, view: ProgressView, *, with_report: bool
) -> tuple[Run, Mapping[str, Json] | None]:
    lost_at: float | None = None
    document: Mapping[str, Json] | None = None
    while True:
        problem = "it no longer executes the run, and the end of the run is not recorded yet"
        try:
            for event in connected.executor.watch(run_id, with_report=with_report):
                # A signal that came while foreign code held the interpreter may not have got through.
                interruption.check()
                if isinstance(event, Run):
                    if event.ended or not connected.remote:
                        return event, document
                    continue
                if isinstance(event, RunDocument):
                    document = event.document
                    continue
                if lost_at is not None:
                    tell("the executor answers again")
                    lost_at = None
                view.show(*event)
        except RemoteError as error:
            if not connected.remote or not error.unreachable:
                raise
            problem = one_line(error.message, 500)
        now = time.monotonic()
        if lost_at is None:
            lost_at = now
            tell(f"the executor was lost ({problem}); waiting {connected.patience_s:.0f} s for it")
        elif now - lost_at > connected.patience_s:
            raise ExecutorLost(
                f"the executor was lost while run {run_id} was watched, and did not come back within "
                f"{connected.patience_s:.0f} s ({problem}); gate again, or look at it later: autopack explain {run_id}",
                subject=run_id,
            )
        time.sleep(PAUSE_SECONDS)
