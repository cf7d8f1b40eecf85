"""The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_gatekeeper.domain.errors import ConfigurationError
from autopack_rpc.roles import Role, Tokens

ADDRESS = "AUTOPACK_GATEKEEPER_ADDRESS"
STORE_ADDRESS = "AUTOPACK_STORE_ADDRESS"
DEFAULT_ADDRESS = "127.0.0.1:7402"
MIN_TOKEN = 16

_NEEDED = (Role.GATEKEEPER, Role.EXECUTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a gatekeeper is told: where it listens and where the store does (``host:port`` or ``unix:/path``), and the
    tokens: its own, for the store, and those of the roles that may call it.
    """

    address: str
    store_address: str
    tokens: Tokens


def process_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError."""
    return read_settings(os.environ)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of a server. Raises ConfigurationError."""
    store_address = environment.get(STORE_ADDRESS)
    if not store_address:
        raise ConfigurationError(
            f"no store: set {STORE_ADDRESS} to the host:port or unix:/path where it listens", subject=STORE_ADDRESS
        )
    return Settings(
        address=environment.get(ADDRESS) or DEFAULT_ADDRESS,
        store_address=store_address,
        tokens=_read_tokens(environment),
    )


def token_variable(role: Role) -> str:
    """The variable that names the file with the token of ``role``."""
    return f"AUTOPACK_{role.name}_TOKEN_FILE"


def _read_tokens(environment: Mapping[str, str]) -> Tokens:
    tokens: dict[Role, str] = {}
    for role in Role:
        variable = token_variable(role)
        if path := environment.get(variable):
            tokens[role] = _read_token(Path(path), variable)
        elif role in _NEEDED:
            raise ConfigurationError(f"set {variable} to a file that holds the {role.value}'s token", subject=variable)
    if len(set(tokens.values())) != len(tokens):
        raise ConfigurationError(
            "two roles have the same token, so nobody could tell them apart; give each its own", subject="tokens"
        )
    return Tokens(secrets=tokens)


def _read_token(path: Path, variable: str) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{variable}: the token in {path} cannot be read: {error}", subject=variable
        ) from error
    if len(token) < MIN_TOKEN:
        raise ConfigurationError(
            f"{variable}: the token in {path} has {len(token)} characters; use at least {MIN_TOKEN}", subject=variable
        )
    return token
