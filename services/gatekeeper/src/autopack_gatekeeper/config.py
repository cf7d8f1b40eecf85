"""The only reader of the environment."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass

from autopack_rpc.client.retrying import BRIEF, Patience
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import (
    DEFAULT_DRAIN_SECONDS,
    DRAIN_SECONDS,
    PATIENCE_SECONDS,
    BadSetting,
    read_log_level,
    read_seconds,
    read_tokens,
)

ADDRESS = "AUTOPACK_GATEKEEPER_ADDRESS"
STORE_ADDRESS = "AUTOPACK_STORE_ADDRESS"
DEFAULT_ADDRESS = "127.0.0.1:7402"
DEFAULT_PATIENCE_SECONDS = 30.0
"""Less than the executor's patience (60 s), and far less than the time that an executor gives a decision: so the
gatekeeper says that the store is away before its caller gives up, and the caller asks once more."""

_NEEDED = (Role.GATEKEEPER, Role.EXECUTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatekeeperSettings:
    """What a gatekeeper is told.

    The addresses, ``host:port`` or ``unix:/path``, are its own and the store's; the tokens are its own, which the store
    knows, and those of the roles that may call it. ``patience`` says how long it asks a store that is away, ``drain_s``
    how many seconds calls in flight have when it stops, ``log_level`` is a level of ``logging``.
    """

    address: str
    store_address: str
    tokens: Tokens
    patience: Patience = BRIEF
    drain_s: float = DEFAULT_DRAIN_SECONDS
    log_level: int = logging.INFO


def process_settings() -> GatekeeperSettings:
    """The settings of this process. Raises BadSetting."""
    return read_settings(os.environ)


def read_settings(environment: Mapping[str, str]) -> GatekeeperSettings:
    """The settings of a server. Raises BadSetting."""
    store_address = environment.get(STORE_ADDRESS)
    if not store_address:
        raise BadSetting(
            f"no store: set {STORE_ADDRESS} to the host:port or unix:/path where it listens", subject=STORE_ADDRESS
        )
    return GatekeeperSettings(
        address=environment.get(ADDRESS) or DEFAULT_ADDRESS,
        store_address=store_address,
        tokens=read_tokens(environment, _NEEDED),
        patience=Patience.lasting(read_seconds(environment, PATIENCE_SECONDS, DEFAULT_PATIENCE_SECONDS)),
        drain_s=read_seconds(environment, DRAIN_SECONDS, DEFAULT_DRAIN_SECONDS),
        log_level=read_log_level(environment),
    )
