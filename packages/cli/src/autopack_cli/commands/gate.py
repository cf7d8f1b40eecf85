"""``autopack gate``: have a change gated, and deliver the result."""

import sys

from autopack_cli.config import CommandSettings, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.gating.outside import Unreported, failing_outside
from autopack_cli.gating.request import Asked, GateOptions, asked
from autopack_cli.gating.sending import send_repository
from autopack_cli.gating.watching import Watched, watch_to_end
from autopack_cli.interruption import Interrupted
from autopack_cli.json_target import JsonTarget, json_target
from autopack_cli.messages import tell
from autopack_cli.render.progress import ProgressView
from autopack_cli.render.summary import print_outside, print_summary
from autopack_cli.render.text import one_line
from autopack_cli.session import Session, session
from autopack_model.decision.value import Verdict
from autopack_model.report.document import unreported_document
from autopack_model.report.value import EXIT_CANCELLED
from autopack_model.run.value import RunFailure
from autopack_rpc.errors import RemoteError


def run_gate(options: GateOptions) -> int:
    """Gate and print the result; returns the exit code."""
    with reporting_errors():
        settings = process_settings().reaching(options.addresses)
        target = None if options.json is None else json_target(options.json)
        if target is not None:
            target.clear()
        wanted = asked(options, settings)
        watched: Watched | None = None
        with failing_outside() as outside, session(settings) as connected:
            watched = _gate(connected, wanted, options, settings, outside)
        if outside.failure is not None:
            return _deliver_unreported(outside, outside.failure, target, settings)
        if watched is None:
            return EXIT_CANCELLED
        report, document = watched.report, watched.document
        to_stdout = target is not None and target.is_standard_output
        with delivering():
            if target is not None and document is not None and not to_stdout:
                target.write(document)
            print_summary(report, watched.causes, sys.stderr if to_stdout else sys.stdout, color=settings.color)
            if target is not None and document is not None and to_stdout:
                target.write(document)
    return report.exit_code


def _gate(
    connected: Session, wanted: Asked, options: GateOptions, settings: CommandSettings, outside: Unreported
) -> Watched | None:
    """Start the run and watch it to its end; None when the user stopped it."""
    view = ProgressView(sys.stderr, color=settings.color)
    request = wanted.request
    try:
        if connected.remote and not options.mounted and request.repository is not None:
            request = send_repository(connected.executor, request, request.repository, settings.home / "git")
        if wanted.patch is not None:
            connected.executor.upload_patch(wanted.patch)
        with view:
            outside.run_id = connected.executor.start(request)
            view.started(outside.run_id)
            return watch_to_end(connected, outside.run_id, view, with_document=options.json is not None)
    except Interrupted:
        tell("stopping: the children are ended and the worktrees removed")
        if outside.run_id is not None:
            _cancel(connected, outside.run_id)
        return None


def _cancel(connected: Session, run_id: str) -> None:
    try:
        tell(f"run {run_id} is recorded as {connected.executor.cancel(run_id).state.label}")
    except RemoteError as error:
        if not error.unreachable:
            raise
        tell(f"run {run_id} could not be cancelled: {one_line(error.message, 500)}; it may go on")


def _deliver_unreported(
    outside: Unreported, failure: RunFailure, target: JsonTarget | None, settings: CommandSettings
) -> int:
    """Say that a failure from outside left nothing to report; returns the exit code."""
    to_stdout = target is not None and target.is_standard_output
    with delivering():
        if target is not None and outside.run_id is not None:
            target.write(unreported_document(outside.run_id, failure))
        print_outside(outside.run_id, failure, sys.stderr if to_stdout else sys.stdout, color=settings.color)
    return Verdict.INCONCLUSIVE.exit_code
