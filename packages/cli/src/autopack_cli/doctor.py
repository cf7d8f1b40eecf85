"""``autopack doctor``: do all services speak this command's contract, are they ready, and do they share a database?"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import grpc
from rich.console import Console
from rich.text import Text

from autopack_cli.config import Addresses, Settings, process_settings
from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.render.summary import console
from autopack_cli.render.text import one_line
from autopack_cli.session import session
from autopack_model.errors import InvalidValue
from autopack_model.report.value import EXIT_FAILURE
from autopack_rpc.errors import RemoteError
from autopack_rpc.health.database_identity import DatabaseSeen, database_mismatch
from autopack_rpc.health.downstream import READY, ask_health
from autopack_rpc.skew.contract import ContractDifference, Element
from autopack_rpc.skew.contract_service import ServedContract, fetch_contract, own_served_contract

DISTRIBUTION: Final = "autopack-executor"
PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one service said: ``state`` in a word, and, unless that is ``same``, what is wrong and what to do.
    ``served``, its contract, is None when it did not say it, and ``database`` when it did not answer a health check.
    """

    service: str
    state: str
    served: ServedContract | None = None
    difference: ContractDifference | None = None
    database: DatabaseSeen | None = None
    problem: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it is ready and speaks the same contract."""
        return self.state == "same"


def run_doctor(addresses: Addresses) -> int:
    """Print what each service was built with; returns 70 unless all of them speak this command's contract, are ready,
    and use one database.
    """
    with reporting_errors():
        settings = process_settings().reaching(addresses)
        own = own_served_contract(DISTRIBUTION)
        with session(settings) as connected:
            findings = [
                _with_health(examine(name, channel, own), channel, _address(settings, name))
                for name, channel in connected.channels.items()
            ]
        mismatches = _mismatches(findings)
        with delivering():
            _print(console(sys.stdout, color=settings.color), own, findings, mismatches)
    return EXIT_FAILURE if mismatches or not all(finding.healthy for finding in findings) else 0


def examine(service: str, channel: grpc.Channel, own: ServedContract) -> Finding:
    """Ask one service for its contract, and compare it with ``own``."""
    try:
        served = fetch_contract(channel, timeout_s=PATIENCE_SECONDS)
    except RemoteError as error:
        return _unanswered(service, error)
    except InvalidValue as error:
        problem = f"its answer cannot be understood ({error}); upgrade this command or the {service}"
        return Finding(service=service, state="odd", problem=problem)
    difference = served.contract.difference_from(own.contract)
    if difference.empty:
        return Finding(service=service, state="same", served=served)
    return Finding(
        service=service,
        state="different",
        served=served,
        difference=difference,
        problem=f"upgrade the older one; this command is {own.distribution} {own.version}, the {service} is "
        f"{served.distribution} {served.version}. Services are upgraded before those that call them: store, "
        "gatekeeper, executor, this command",
    )


def _address(settings: Settings, service: str) -> str:
    configured = {
        "store": settings.store_address,
        "gatekeeper": settings.gatekeeper_address,
        "executor": settings.executor_address,
    }
    return configured[service] or "a private socket"


def _with_health(finding: Finding, channel: grpc.Channel, address: str) -> Finding:
    """The finding, with what the service answers to a health check; as it is when there is no answer."""
    try:
        status, identity = ask_health(channel, timeout_s=PATIENCE_SECONDS)
    except RemoteError:
        return finding  # a service that does not answer is told about already, one of before had no health to ask for
    seen = replace(finding, database=DatabaseSeen(service=finding.service, address=address, identity=identity))
    if status == READY or not finding.healthy:
        return seen
    return replace(seen, state="unready", problem="it says that it is not ready for work; its log says why")


def _mismatches(findings: list[Finding]) -> list[str]:
    """Which services do not use the first one's database, as far as they can be asked."""
    seen = [finding.database for finding in findings if finding.database is not None]
    problems = (database_mismatch(seen[0], other) for other in seen[1:])
    return [problem for problem in problems if problem is not None]


def _unanswered(service: str, error: RemoteError) -> Finding:
    said = one_line(error.message, 500)
    if error.code is grpc.StatusCode.UNIMPLEMENTED:
        return Finding(
            service=service,
            state="older",
            problem=f"it is too old to say what it speaks, so its contract differs from this command's; upgrade it "
            f"({said})",
        )
    if error.unreachable:
        variable = f"AUTOPACK_{service.upper()}_ADDRESS"
        return Finding(
            service=service,
            state="unreachable",
            problem=f"it does not answer; check that it runs, and that it listens where {variable} says ({said})",
        )
    if error.code is grpc.StatusCode.UNAUTHENTICATED:
        return Finding(
            service=service,
            state="refused",
            problem=f"it does not know our token; give both the same AUTOPACK_CLIENT_TOKEN_FILE ({said})",
        )
    return Finding(service=service, state="refused", problem=f"it did not answer: {said} [{error.reason}]")


def _print(out: Console, own: ServedContract, findings: list[Finding], mismatches: list[str]) -> None:
    out.print(Text(_row("service", "distribution", "version", "contract", "database")))
    out.print(Text(_contract_row("this command", own, None)))
    for finding in findings:
        row = _contract_row(finding.service, finding.served, finding.database)
        out.print(Text.assemble(row, "  ", (finding.state, "green" if finding.healthy else "bold red")))
    for finding in findings:
        if not finding.healthy:
            out.print(Text(f"\n{finding.service}: {finding.problem}"))
            for line in _differences(finding):
                out.print(Text(line))
    for mismatch in mismatches:
        out.print(Text(f"\ndatabase: {one_line(mismatch, 500)}"))


def _contract_row(service: str, served: ServedContract | None, seen: DatabaseSeen | None) -> str:
    database = "-" if seen is None or seen.identity is None else one_line(seen.identity, 36)
    if served is None:
        return _row(service, "-", "-", "-", database)
    return _row(service, served.distribution, served.version, served.contract.digest, database)


def _row(service: str, distribution: str, version: str, contract: str, database: str) -> str:
    return f"{service:<13} {distribution:<20} {version:<10} {contract:<16} {database:<36}"


def _differences(finding: Finding) -> Iterator[str]:
    if finding.difference is not None:
        yield from _lines("+", finding.difference.added, f"only the {finding.service} has it")
        yield from _lines("-", finding.difference.removed, "only this command has it")
        yield from _lines("~", finding.difference.changed, "they have it in different forms")


def _lines(mark: str, elements: tuple[Element, ...], meaning: str) -> Iterator[str]:
    for element in elements:
        yield f"  {mark} {element.kind.label} {element.name}: {meaning}"
