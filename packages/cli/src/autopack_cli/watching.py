"""Watching a run to its end, also over an executor that goes away and comes back."""

import time
from dataclasses import replace
from typing import Final

from autopack_cli.interruption import interruption
from autopack_cli.messages import tell
from autopack_cli.render.progress import ProgressView
from autopack_cli.render.text import one_line
from autopack_cli.session import Session
from autopack_clients.errors import ExecutorLost
from autopack_clients.report import report_run
from autopack_model.report.value import RunReport
from autopack_model.run.value import Run, RunFailure
from autopack_rpc.errors import RemoteError

PAUSE_SECONDS: Final = 1.0


def watch_to_end(connected: Session, run_id: str, view: ProgressView) -> RunReport:
    """Show the run's progress and return its report. An executor of its own that is lost has the session's
    patience to come back; then the report says EXECUTOR_LOST, unless the store knows how the run ended. Raises
    RemoteError, and ExecutorError when there is no report to be had.
    """
    try:
        _watch(connected, run_id, view)
    except ExecutorLost as lost:
        report = report_run(connected.store, run_id)
        if report.run.ended:
            return report
        return replace(report, run=replace(report.run, failure=RunFailure.of(lost.reason, lost.message)))
    return report_run(connected.store, run_id)


def _watch(connected: Session, run_id: str, view: ProgressView) -> None:
    lost_at: float | None = None
    while True:
        problem = "it no longer executes the run, whose end is not recorded yet"
        try:
            for event in connected.executor.watch(run_id):
                # A signal that came while foreign code held the interpreter may not have got through.
                interruption.check()
                if isinstance(event, Run):
                    if event.ended:
                        return
                    continue
                if lost_at is not None:
                    tell("the executor answers again")
                    lost_at = None
                view.show(*event)
        except RemoteError as error:
            if not connected.remote or not error.unreachable:
                raise
            problem = one_line(error.message, 500)
        if not connected.remote:
            return
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
