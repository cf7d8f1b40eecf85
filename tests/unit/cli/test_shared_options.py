"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from autopack_cli.app import app
from autopack_cli.config import Addresses
from autopack_cli.shared_options import with_addresses

WITHOUT_SERVICES = {"config", "hygiene", "import-result", "policy check", "policy show", "policy diff"}
OPTIONS = ["--executor", "--store", "--gatekeeper", "--token-file"]


def _options() -> dict[str, list[str]]:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    nested = {name: command for name, command in group.commands.items() if isinstance(command, typer.core.TyperGroup)}
    commands = {name: command for name, command in group.commands.items() if name not in nested}
    for name, inner in nested.items():
        commands |= {f"{name} {own}": command for own, command in inner.commands.items()}
    return {
        name: [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        for name, command in commands.items()
    }


def test_every_command_that_talks_to_services_has_the_address_options() -> None:
    """The four options stand behind the own options of each command that talks to services, and of no other."""
    expected = {name: [] if name in WITHOUT_SERVICES else OPTIONS for name in _options()}

    assert expected == {
        name: [option for option in options if option in OPTIONS] for name, options in _options().items()
    }
    assert {
        "gate",
        "explain",
        "logs",
        "replay",
        "runs",
        "history",
        "noise",
        "doctor",
        "send-result",
        "status",
        "approve",
        "reject",
        "waive",
        "what-if",
        "policy suggest",
        *WITHOUT_SERVICES,
    } == set(expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["thing"], Addresses()),
        (
            ["--store", "a:1", "thing", "--gatekeeper=b:2", "--token-file", "/token", "--executor", "c:3"],
            Addresses(executor="c:3", store="a:1", gatekeeper="b:2", token_file=Path("/token")),
        ),
        (["thing", "--store", ""], Addresses(store="")),
    ],
)
def test_a_command_gets_what_they_say(arguments: list[str], expected: Addresses) -> None:
    """A command gets its own arguments, and the addresses as one value."""
    seen: list[tuple[Addresses, str]] = []
    trial = typer.Typer()

    @trial.command()
    @with_addresses
    def command(addresses: Addresses, name: Annotated[str, typer.Argument()]) -> None:
        seen.append((addresses, name))

    assert 0 == CliRunner().invoke(trial, arguments).exit_code
    assert [(expected, "thing")] == seen
