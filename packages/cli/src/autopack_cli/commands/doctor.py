"""``autopack doctor``: do all services speak this command's contract, are they ready, and do they share a database?"""

import sys
from typing import Final

from autopack_cli.config import Addresses, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.examination import database_mismatches, examine
from autopack_cli.render.doctor import print_findings
from autopack_cli.session import session
from autopack_model.report.value import EXIT_FAILURE
from autopack_rpc.skew.contract_service import own_served_contract

DISTRIBUTION: Final = "autopack-cli"
EMBEDDED: Final = "a private socket"


def run_doctor(addresses: Addresses) -> int:
    """Print what each service was built with; returns 70 unless all of them speak this command's contract, are ready,
    and use one database.
    """
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        own = own_served_contract(DISTRIBUTION)
        with session(settings) as connected:
            findings = [
                examine(name, channel, own, address=settings.addresses.get(name, EMBEDDED))
                for name, channel in connected.channels.items()
            ]
        mismatches = database_mismatches(findings)
        with delivering():
            print_findings(own, findings, mismatches, sys.stdout, color=settings.color)
    return EXIT_FAILURE if mismatches or not all(finding.healthy for finding in findings) else 0
