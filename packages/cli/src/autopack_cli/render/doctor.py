"""What each service said of itself, for people."""

from collections.abc import Iterator
from typing import TextIO

from rich.text import Text

from autopack_cli.examination import Examined
from autopack_cli.render.console import console
from autopack_cli.render.text import one_line
from autopack_rpc.health.database_identity import DatabaseSeen
from autopack_rpc.skew.contract import Element
from autopack_rpc.skew.contract_service import ServedContract


def print_findings(
    own: ServedContract, findings: list[Examined], mismatches: list[str], stream: TextIO, *, color: bool
) -> None:
    """Print a row for this command and each service, and below them what is wrong and what to do."""
    out = console(stream, color=color)
    out.print(Text(_row("service", "distribution", "version", "contract", "database")))
    out.print(Text(_contract_row("this command", own, None)))
    for finding in findings:
        row = _contract_row(finding.service, finding.served, finding.database)
        out.print(Text.assemble(row, "  ", (finding.state, "green" if finding.healthy else "bold red")))
    for finding in findings:
        if not finding.healthy:
            out.print(Text(f"\n{finding.service}: {one_line(finding.problem, 1000)}"))
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


def _differences(finding: Examined) -> Iterator[str]:
    if finding.difference is not None:
        yield from _lines("+", finding.difference.added, f"only the {finding.service} has it")
        yield from _lines("-", finding.difference.removed, "only this command has it")
        yield from _lines("~", finding.difference.changed, "they have it in different forms")


def _lines(mark: str, elements: tuple[Element, ...], meaning: str) -> Iterator[str]:
    for element in elements:
        yield f"  {mark} {element.kind.label} {element.name}: {meaning}"
