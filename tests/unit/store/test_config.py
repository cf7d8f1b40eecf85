"""The store's settings."""

from pathlib import Path

import pytest

from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import BadSetting
from autopack_store.config import StoreSettings, read_database_url, read_settings


def _environment(tmp_path: Path, **more: str) -> dict[str, str]:
    environment = {"AUTOPACK_STORE_DATABASE_URL": "sqlite:////srv/store.db"}
    for role in (Role.EXECUTOR, Role.GATEKEEPER):
        path = tmp_path / role.value
        path.write_text(f"{role.value}-token-0123456789\n")
        environment[f"AUTOPACK_{role.name}_TOKEN_FILE"] = str(path)
    return environment | more


def test_settings_are_read_from_the_environment(tmp_path: Path) -> None:
    """Database, address, tokens and the opt-in come from their variables; the address has a default."""
    expected = StoreSettings(
        database_url="sqlite:////srv/store.db",
        address="127.0.0.1:7403",
        tokens=Tokens(
            secrets={
                Role.EXECUTOR: "executor-token-0123456789",
                Role.GATEKEEPER: "gatekeeper-token-0123456789",
            }
        ),
        bootstrap=False,
    )
    assert expected == read_settings(_environment(tmp_path))
    assert "unix:/run/x" == read_settings(_environment(tmp_path, AUTOPACK_STORE_ADDRESS="unix:/run/x")).address


def test_the_database_has_an_alias(tmp_path: Path) -> None:
    """DATABASE_URL is read when the store's own variable is not set."""
    environment = _environment(tmp_path, DATABASE_URL="sqlite:////srv/other.db")
    assert "sqlite:////srv/store.db" == read_settings(environment).database_url
    del environment["AUTOPACK_STORE_DATABASE_URL"]
    assert "sqlite:////srv/other.db" == read_settings(environment).database_url
    del environment["DATABASE_URL"]
    with pytest.raises(BadSetting, match="AUTOPACK_STORE_DATABASE_URL"):
        read_settings(environment)


@pytest.mark.parametrize("variable", ["AUTOPACK_DB_BOOTSTRAP", "DB_BOOTSTRAP_ENABLED"])
@pytest.mark.parametrize(("value", "expected"), [("1", True), ("true", True), ("0", False), ("", False), ("No", False)])
def test_the_opt_in_is_explicit(tmp_path: Path, variable: str, value: str, expected: bool) -> None:
    """Only a value that says yes opts in, under either name."""
    assert expected is read_settings(_environment(tmp_path, **{variable: value})).bootstrap


def test_an_unclear_opt_in_is_refused(tmp_path: Path) -> None:
    """A value that says neither yes nor no is refused by the variable's name."""
    with pytest.raises(BadSetting, match="AUTOPACK_DB_BOOTSTRAP='maybe'"):
        read_settings(_environment(tmp_path, AUTOPACK_DB_BOOTSTRAP="maybe"))


@pytest.mark.parametrize("role", [Role.EXECUTOR, Role.GATEKEEPER])
def test_a_token_that_is_needed_must_be_given(tmp_path: Path, role: Role) -> None:
    """Without the executor's or the gatekeeper's token the store does not start."""
    environment = _environment(tmp_path)
    del environment[f"AUTOPACK_{role.name}_TOKEN_FILE"]
    with pytest.raises(BadSetting, match=f"AUTOPACK_{role.name}_TOKEN_FILE"):
        read_settings(environment)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 15 + b"\n", b"\xff" * 40])
def test_a_bad_token_is_refused(tmp_path: Path, content: bytes) -> None:
    """A token that is too short or no text is refused, without showing it."""
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(BadSetting, match=r"AUTOPACK_EXECUTOR_TOKEN_FILE: the token in .*bad") as caught:
        read_settings(_environment(tmp_path, AUTOPACK_EXECUTOR_TOKEN_FILE=str(path)))
    assert "short" not in caught.value.message


def test_a_missing_token_file_is_refused(tmp_path: Path) -> None:
    """A token file that does not exist is refused by the variable's name."""
    with pytest.raises(BadSetting, match="AUTOPACK_CLIENT_TOKEN_FILE"):
        read_settings(_environment(tmp_path, AUTOPACK_CLIENT_TOKEN_FILE=str(tmp_path / "missing")))


def test_roles_have_different_tokens(tmp_path: Path) -> None:
    """Two roles with the same token cannot be told apart, so they are refused."""
    with pytest.raises(BadSetting, match="the same token"):
        read_settings(_environment(tmp_path, AUTOPACK_CLIENT_TOKEN_FILE=str(tmp_path / "executor")))


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    """The password of the file is put into the address, quoted; its last line break is none of it."""
    secret = tmp_path / "password"
    secret.write_text("p@ss/w:rd \n")
    variables = {
        "AUTOPACK_STORE_DATABASE_URL": "postgresql://autopack@db:5432/autopack?sslmode=require",
        "AUTOPACK_STORE_DATABASE_PASSWORD_FILE": str(secret),
    }
    assert "postgresql://autopack:p%40ss%2Fw%3Ard%20@db:5432/autopack?sslmode=require" == read_database_url(variables)


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/store.db", "postgresql://db/autopack", "postgresql://autopack:other@db/autopack"]
)
def test_a_password_without_a_place_is_refused(tmp_path: Path, url: str) -> None:
    """A password file beside an address that has no user, has a password already, or is of a file is refused."""
    secret = tmp_path / "password"
    secret.write_text("secret")
    variables = {"AUTOPACK_STORE_DATABASE_URL": url, "AUTOPACK_STORE_DATABASE_PASSWORD_FILE": str(secret)}
    with pytest.raises(BadSetting, match="AUTOPACK_STORE_DATABASE_PASSWORD_FILE is set"):
        read_database_url(variables)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_an_unreadable_or_empty_password_is_refused(tmp_path: Path, content: str | None) -> None:
    """A password file that is missing or empty is refused by its variable's name."""
    secret = tmp_path / "password"
    if content is not None:
        secret.write_text(content)
    variables = {
        "AUTOPACK_STORE_DATABASE_URL": "postgresql://autopack@db/autopack",
        "AUTOPACK_STORE_DATABASE_PASSWORD_FILE": str(secret),
    }
    with pytest.raises(BadSetting, match="AUTOPACK_STORE_DATABASE_PASSWORD_FILE:"):
        read_database_url(variables)
