"""The gatekeeper's settings."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autopack_gatekeeper.config import DEFAULT_ADDRESS, read_settings
from autopack_rpc.roles import Role
from autopack_rpc.settings import BadSetting

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Everything that a gatekeeper needs."""
    variables = {"AUTOPACK_STORE_ADDRESS": "unix:/run/store.sock"}
    for role in Role:
        path = tmp_path / role.value
        path.write_text(f"{role.value}-token-of-some-length\n")
        variables[f"AUTOPACK_{role.name}_TOKEN_FILE"] = str(path)
    return variables


def test_settings_are_read(environment: Environment) -> None:
    """Addresses and tokens come from the environment, white space around a token does not count."""
    settings = read_settings({**environment, "AUTOPACK_GATEKEEPER_ADDRESS": "127.0.0.1:0"})
    assert ("127.0.0.1:0", "unix:/run/store.sock") == (settings.address, settings.store_address)
    assert "gatekeeper-token-of-some-length" == settings.tokens.of(Role.GATEKEEPER)
    assert set(Role) == set(settings.tokens.secrets)


def test_the_address_has_a_default_and_the_client_is_optional(environment: Environment) -> None:
    """A gatekeeper that nobody but the executor calls needs no client token."""
    del environment["AUTOPACK_CLIENT_TOKEN_FILE"]
    settings = read_settings(environment)
    assert DEFAULT_ADDRESS == settings.address
    assert {Role.GATEKEEPER, Role.EXECUTOR} == set(settings.tokens.secrets)


def break_token(content: bytes) -> Callable[[Environment], None]:
    """Replace the content of the gatekeeper's token file."""
    return lambda environment: _write(environment["AUTOPACK_GATEKEEPER_TOKEN_FILE"], content)


def _write(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda environment: environment.pop("AUTOPACK_STORE_ADDRESS"), "set AUTOPACK_STORE_ADDRESS"),
        (lambda environment: environment.pop("AUTOPACK_GATEKEEPER_TOKEN_FILE"), "set AUTOPACK_GATEKEEPER_TOKEN_FILE"),
        (lambda environment: environment.pop("AUTOPACK_EXECUTOR_TOKEN_FILE"), "set AUTOPACK_EXECUTOR_TOKEN_FILE"),
        (lambda environment: Path(environment["AUTOPACK_CLIENT_TOKEN_FILE"]).unlink(), "cannot be read"),
        (break_token(b"short"), "has 5 characters; use at least 16"),
        (break_token("ünreadable-token-of-length".encode()), "cannot be read"),
        (break_token(b"executor-token-of-some-length"), "two roles have the same token"),
    ],
)
def test_settings_of_no_use_are_refused(
    environment: Environment, damage: Callable[[Environment], object], message: str
) -> None:
    """Each says what to set."""
    damage(environment)
    with pytest.raises(BadSetting, match=message):
        read_settings(environment)
