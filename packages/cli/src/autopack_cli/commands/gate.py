"""``autopack gate``: have a change gated, and deliver the result."""

import sys

from autopack_cli.config import CommandSettings, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.gating.outside import Unreported, failing_outside
from autopack_cli.gating.request import Asked, GateOptions, asked
from autopack_cli.gating.running import run_to_end, sent, stopping
from autopack_cli.gating.watching import Watched
from autopack_cli.json_target import JsonTarget, json_target
from autopack_cli.render.progress import ProgressView
from autopack_cli.render.summary import print_outside, print_summary
from autopack_cli.session import Session, session
from autopack_model.decision.value import Verdict
from autopack_model.report.document import unreported_document
from autopack_model.report.value import EXIT_CANCELLED
from autopack_model.run.value import RunFailure


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
            watched = _watched(connected, wanted, options, settings, outside)
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


def _watched(
    connected: Session, wanted: Asked, options: GateOptions, settings: CommandSettings, outside: Unreported
) -> Watched | None:
    """Start the run and watch it to its end; None when the user stopped it."""
    watched: Watched | None = None
    with stopping(connected, outside):
        request = sent(connected, wanted, settings, mounted=options.mounted)
        view = ProgressView(sys.stderr, color=settings.color)
        watched = run_to_end(connected, request, view, outside, with_document=options.json is not None)
    return watched


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
