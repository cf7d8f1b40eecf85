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


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "host:0", "[::1]:65536"])
def test_a_port_that_cannot_be_one_is_refused(address: str) -> None:
    """An address with a port outside 1 to 65535 is refused by name, from an option and from the environment."""
    with pytest.raises(BadSetting, match=r"the address of the store, .* has a port outside 1 to 65535"):
        settings_from({"AUTOPACK_HOME": "/h"}).reaching(Addresses(store=address))
    with pytest.raises(BadSetting, match="the address of the store"):
        settings_from({"AUTOPACK_HOME": "/h", "AUTOPACK_STORE_ADDRESS": address}).reaching(Addresses())


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:65535", "unix:/run/store:99999", "dns:///host"])
def test_other_addresses_are_for_grpc_to_judge(address: str) -> None:
    """What names a port that may be one, or none, is taken as it is."""
    assert address == settings_from({"AUTOPACK_HOME": "/h"}).reaching(Addresses(store=address)).store_address


def test_a_bad_token_file_is_named_by_what_named_it(tmp_path: Path) -> None:
    """A token that cannot be used is the option's where that was given, else the variable's; a missing one can be
    given by both.
    """
    short = tmp_path / "token"
    short.write_text("short")
    of_option = settings().reaching(Addresses(executor="c:3", token_file=short))
    of_variable = settings(AUTOPACK_CLIENT_TOKEN_FILE=str(short)).reaching(Addresses(executor="c:3"))
    of_nobody = settings().reaching(Addresses(executor="c:3"))

    for reached, words in (
        (of_option, "^--token-file: the token in "),
        (of_variable, "^AUTOPACK_CLIENT_TOKEN_FILE: the token in "),
        (of_nobody, r"^set --token-file \(or AUTOPACK_CLIENT_TOKEN_FILE\) to a file"),
    ):
        with pytest.raises(BadSetting, match=words):
            reached.token(Role.CLIENT)
