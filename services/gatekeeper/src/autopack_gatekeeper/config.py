"""The only reader of the environment."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autopack_gatekeeper.domain.errors import ConfigurationError
from autopack_rpc.client.retrying import BRIEF, Patience
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import (
    DEFAULT_DRAIN_SECONDS,
    DRAIN_SECONDS,
    PATIENCE_SECONDS,
    BadValue,
    read_log_level,
    read_seconds,
)

ADDRESS = "AUTOPACK_GATEKEEPER_ADDRESS"
STORE_ADDRESS = "AUTOPACK_STORE_ADDRESS"
DEFAULT_ADDRESS = "127.0.0.1:7402"
DEFAULT_PATIENCE_SECONDS = 30.0
"""Less than the executor's own (60), and with it far less than the time that an executor gives a decision: the
gatekeeper says that the store is away before its caller has given up, and is asked once more."""

MIN_TOKEN = 16

_NEEDED = (Role.GATEKEEPER, Role.EXECUTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a gatekeeper is told: where it listens and where the store does (``host:port`` or ``unix:/path``), and the
    tokens: its own, for the store, and those of the roles that may call it. Besides: how long it goes on asking a store
    that is away, how many seconds calls in flight have at its end, and the level of its logs, as in ``logging``.
    """

    address: str
    store_address: str
    tokens: Tokens
    patience: Patience = BRIEF
    drain_s: float = DEFAULT_DRAIN_SECONDS
    log_level: int = logging.INFO


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
    try:
        return Settings(
            address=environment.get(ADDRESS) or DEFAULT_ADDRESS,
            store_address=store_address,
            tokens=_read_tokens(environment),
            patience=Patience.lasting(read_seconds(environment, PATIENCE_SECONDS, DEFAULT_PATIENCE_SECONDS)),
            drain_s=read_seconds(environment, DRAIN_SECONDS, DEFAULT_DRAIN_SECONDS),
            log_level=read_log_level(environment),
        )
    except BadValue as error:
        raise ConfigurationError(error.message, subject=error.variable) from error


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
