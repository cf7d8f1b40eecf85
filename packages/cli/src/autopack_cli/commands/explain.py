"""``autopack explain``: say why a run was decided as it was."""

import sys

from autopack_cli.config import Addresses, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.explaining.explanation import explain
from autopack_cli.render.explained import print_explanation
from autopack_cli.session import records
from autopack_clients.report import full_report
from autopack_model.identity.value import check_run_id


def run_explain(run_id: str, addresses: Addresses) -> int:
    """Print why the run was decided as it was; returns the exit code of the command, which is not the verdict's."""
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        check_run_id(run_id)
        with records(settings) as store:
            explanation = explain(full_report(store, store.run(run_id)))
        with delivering():
            print_explanation(explanation, sys.stdout, color=settings.color)
    return 0
