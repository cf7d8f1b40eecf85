"""``autopack doctor``: do all services speak the contract that this command speaks?"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import grpc
from rich.console import Console
from rich.text import Text

from autopack_executor.cli.ending import delivering, reporting_errors
from autopack_executor.cli.session import session
from autopack_executor.cli.summary import console
from autopack_executor.cli.text import one_line
from autopack_executor.config import process_settings
from autopack_executor.domain.report import EXIT_FAILURE
from autopack_results.errors import InvalidValue
from autopack_rpc.contract import ContractDifference, Element
from autopack_rpc.contract_service import ServedContract, fetch_contract, own_served_contract
from autopack_rpc.errors import RemoteError

DISTRIBUTION: Final = "autopack-executor"
PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one service said of its contract: ``state`` in a word, and, unless that is ``same``, what is wrong and what
    to do. ``served`` is None when it did not say.
    """

    service: str
    state: str
    served: ServedContract | None = None
    difference: ContractDifference | None = None
    problem: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it speaks the same contract."""
        return self.state == "same"


def run_doctor() -> int:
    """Print what each service was built with; returns 70 unless all of them speak this command's contract."""
    with reporting_errors():
        settings = process_settings()
        own = own_served_contract(DISTRIBUTION)
        with session(settings) as connected:
            findings = [examine(name, channel, own) for name, channel in connected.channels.items()]
        with delivering():
            _print(console(sys.stdout, color=settings.color), own, findings)
    return 0 if all(finding.healthy for finding in findings) else EXIT_FAILURE


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


def _print(out: Console, own: ServedContract, findings: list[Finding]) -> None:
    out.print(Text(_row("service", "distribution", "version", "contract")))
    out.print(Text(_contract_row("this command", own)))
    for finding in findings:
        row = _contract_row(finding.service, finding.served)
        out.print(Text.assemble(row, "  ", (finding.state, "green" if finding.healthy else "bold red")))
    for finding in findings:
        if not finding.healthy:
            out.print(Text(f"\n{finding.service}: {finding.problem}"))
            for line in _differences(finding):
                out.print(Text(line))


def _contract_row(service: str, served: ServedContract | None) -> str:
    if served is None:
        return _row(service, "-", "-", "-")
    return _row(service, served.distribution, served.version, served.contract.digest)


def _row(service: str, distribution: str, version: str, contract: str) -> str:
    return f"{service:<13} {distribution:<20} {version:<10} {contract:<16}"


def _differences(finding: Finding) -> Iterator[str]:
    if finding.difference is not None:
        yield from _lines("+", finding.difference.added, f"only the {finding.service} has it")
        yield from _lines("-", finding.difference.removed, "only this command has it")
        yield from _lines("~", finding.difference.changed, "they have it in different forms")


def _lines(mark: str, elements: tuple[Element, ...], meaning: str) -> Iterator[str]:
    for element in elements:
        yield f"  {mark} {element.kind.label} {element.name}: {meaning}"
