"""The settings of the command."""

from pathlib import Path

import pytest

from autopack_cli.config import Addresses, CommandSettings, settings_from
from autopack_rpc.roles import Role
from autopack_rpc.settings import BadSetting


def settings(**variables: str) -> CommandSettings:
    """The settings of an environment."""
    return settings_from({"AUTOPACK_HOME": "/home"} | variables)


def test_options_come_before_the_environment() -> None:
    """Each address that the command line names replaces its variable; the others stay."""
    environment = settings(AUTOPACK_EXECUTOR_ADDRESS="a:1", AUTOPACK_STORE_ADDRESS="b:2")
    reached = environment.reaching(Addresses(executor="c:3", token_file=Path("/token")))

    assert ("c:3", "b:2", None) == (reached.executor_address, reached.store_address, reached.gatekeeper_address)
    assert {Role.CLIENT: Path("/token")} == reached.token_files
    alone = settings().reaching(Addresses(store="b:2", gatekeeper="d:4", token_file=Path("/token")))
    assert {Role.EXECUTOR: Path("/token")} == alone.token_files
    with pytest.raises(BadSetting, match="--store is empty"):
        settings().reaching(Addresses(store=""))
