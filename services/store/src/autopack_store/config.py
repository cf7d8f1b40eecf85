"""The only reader of the environment."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import (
    DEFAULT_DRAIN_SECONDS,
    DRAIN_SECONDS,
    BadSetting,
    read_log_level,
    read_seconds,
    read_tokens,
)
from autopack_store.schema.opt_in import BOOTSTRAP, BOOTSTRAP_ALIAS

DATABASE = "AUTOPACK_STORE_DATABASE_URL"
DATABASE_ALIAS = "DATABASE_URL"
PASSWORD_FILE = "AUTOPACK_STORE_DATABASE_PASSWORD_FILE"  # noqa: S105 - the name of a variable
ADDRESS = "AUTOPACK_STORE_ADDRESS"
DEFAULT_ADDRESS = "127.0.0.1:7403"

_NEEDED = (Role.EXECUTOR, Role.GATEKEEPER)

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What a store is told: its database (``postgresql://user@host:5432/name`` or ``sqlite:////absolute/path``),
    where it listens (``host:port`` or ``unix:/path``), the token of each role, and whether it may make or upgrade the
    schema at its start; how many seconds calls in flight have at its end, and the level of its logs, as ``logging``
    numbers it.
    """

    database_url: str
    address: str
    tokens: Tokens
    bootstrap: bool
    drain_s: float = DEFAULT_DRAIN_SECONDS
    log_level: int = logging.INFO


def process_environment() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ


def read_settings(environment: Mapping[str, str]) -> StoreSettings:
    """The settings of a server. Raises BadSetting."""
    return StoreSettings(
        database_url=read_database_url(environment),
        address=environment.get(ADDRESS) or DEFAULT_ADDRESS,
        tokens=read_tokens(environment, _NEEDED),
        bootstrap=_read_flag(environment, BOOTSTRAP) or _read_flag(environment, BOOTSTRAP_ALIAS),
        drain_s=read_seconds(environment, DRAIN_SECONDS, DEFAULT_DRAIN_SECONDS),
        log_level=read_log_level(environment),
    )


def read_database_url(environment: Mapping[str, str]) -> str:
    """The address of the database, with the password of PASSWORD_FILE where that is set. Raises BadSetting when
    there is no address, and when the password cannot be read or has no place in the address.
    """
    url = environment.get(DATABASE) or environment.get(DATABASE_ALIAS)
    if not url:
        raise BadSetting(
            f"no database: set {DATABASE} (or {DATABASE_ALIAS}) to postgresql://user@host:5432/name or "
            "sqlite:////absolute/path/to/file",
            subject=DATABASE,
        )
    path = environment.get(PASSWORD_FILE)
    return _with_password(url, Path(path)) if path else url


def _with_password(url: str, path: Path) -> str:
    scheme, separator, rest = url.partition("://")
    authority, slash, location = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if not scheme.startswith("postgresql") or not separator or not at or not user or ":" in user:
        raise BadSetting(
            f"{PASSWORD_FILE} is set, so {DATABASE} must be postgresql://user@host:5432/name: with a user and without "
            "a password",
            subject=PASSWORD_FILE,
        )
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"{PASSWORD_FILE}: the password in {path} cannot be read: {error}", subject=PASSWORD_FILE
        ) from error
    if not password:
        raise BadSetting(f"{PASSWORD_FILE}: {path} is empty", subject=PASSWORD_FILE)
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}{slash}{location}"


def _read_flag(environment: Mapping[str, str], variable: str) -> bool:
    value = environment.get(variable, "").strip().lower()
    if value not in _TRUE | _FALSE:
        raise BadSetting(f"{variable}={value!r} is neither 1 nor 0", subject=variable)
    return value in _TRUE
