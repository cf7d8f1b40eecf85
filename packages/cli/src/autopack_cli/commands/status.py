"""``autopack status``: what stands of a run, with the exit code of that."""

import sys

from rich.text import Text

from autopack_cli.config import Addresses, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.json_target import json_target
from autopack_cli.render.console import console
from autopack_cli.render.standing import afterwards
from autopack_cli.render.text import one_line
from autopack_cli.session import records
from autopack_clients.report import summary_report
from autopack_model.decision.value import Verdict
from autopack_model.identity.value import check_run_id
from autopack_model.report.document import report_document
from autopack_model.report.value import RunReport
from autopack_model.run.value import RunState


def run_status(run_id: str, json: str | None, addresses: Addresses) -> int:
    """Print the verdict of the run and what people added to it; returns the exit code of what stands. A run that goes
    on has proven nothing yet.
    """
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        check_run_id(run_id)
        target = None if json is None else json_target(json)
        with records(settings) as store:
            report = summary_report(store, store.run(run_id))
        to_stdout = target is not None and target.is_standard_output
        with delivering():
            out = console(sys.stderr if to_stdout else sys.stdout, color=settings.color)
            for line in _lines(report):
                out.print(Text(line))
            if target is not None:
                target.write(report_document(report))
    return Verdict.INCONCLUSIVE.exit_code if report.state is RunState.RUNNING else report.exit_code


def _lines(report: RunReport) -> list[str]:
    failure = report.failure
    word = report.state.label if report.verdict is None else report.verdict.name
    why = "" if failure is None else f": {one_line(failure.message, 2000)} [{failure.code}]"
    return [f"{word} run {report.spec.run_id}{why}", *(f"  {line}" for line in afterwards(report.attempt))]
