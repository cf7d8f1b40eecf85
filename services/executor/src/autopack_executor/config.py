"""Settings. The only reader of the environment."""

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autopack_executor.domain.clone_url import SCHEMES
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import (
    DEFAULT_DRAIN_SECONDS,
    DRAIN_SECONDS,
    PATIENCE_SECONDS,
    BadValue,
    read_log_level,
    read_seconds,
)

DEFAULT_PATIENCE_SECONDS = 60.0


class BadSetting(Exception):
    """A setting is missing or of no use; the message names the variable and what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """What the command line says instead of the environment: where services listen, and the file with the token that
    they want of this command. None where it says nothing.
    """

    executor: str | None = None
    store: str | None = None
    gatekeeper: str | None = None
    token_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says.

    ``home`` is the executor's state directory; ``environ`` is passed on, filtered, to interpreters and setup commands.
    Addresses are None when the service is to be embedded. ``executor_python`` is the interpreter of runs that name
    none; ``clone_allow`` are the prefixes of URLs that may be cloned; unused bundles and clones are kept
    ``keep_sources_s`` seconds, while all of them take no more than ``sources_bytes``.

    For a service of its own: ``patience_s`` is how long it goes on asking a store or a gatekeeper that is away (and the
    command line a remote executor), ``drain_s`` what calls and runs have at its end; ``log_level`` is as ``logging``
    numbers it.
    """

    home: Path
    environ: Mapping[str, str]
    superuser: bool
    color: bool
    store_address: str | None
    gatekeeper_address: str | None
    executor_address: str | None
    token_files: Mapping[Role, Path]
    executor_python: Path | None
    clone_allow: tuple[str, ...]
    max_bundle_bytes: int
    sources_bytes: int
    keep_sources_s: float
    patience_s: float = DEFAULT_PATIENCE_SECONDS
    drain_s: float = DEFAULT_DRAIN_SECONDS
    log_level: int = logging.INFO

    def at(self, home: Path) -> "Settings":
        """The same settings with another state directory."""
        return replace(self, home=home)

    def reaching(self, addresses: Addresses) -> "Settings":
        """The same settings with what ``addresses`` says instead, one by one. A token file is the client's where there
        is an executor to call, else the executor's: this command is one then. Raises BadSetting for an empty value.
        """
        for option, address in (
            ("executor", addresses.executor),
            ("store", addresses.store),
            ("gatekeeper", addresses.gatekeeper),
        ):
            if address == "":
                raise BadSetting(f"--{option} is empty; leave it out or give it an address, HOST:PORT or unix:/path")
        executor_address = addresses.executor or self.executor_address
        role = Role.EXECUTOR if executor_address is None else Role.CLIENT
        token = {} if addresses.token_file is None else {role: addresses.token_file}
        return replace(
            self,
            executor_address=executor_address,
            store_address=addresses.store or self.store_address,
            gatekeeper_address=addresses.gatekeeper or self.gatekeeper_address,
            token_files={**self.token_files, **token},
        )

    def tokens(self) -> Tokens:
        """The tokens of the configured files. Raises BadSetting when one is too short, or missing: the gatekeeper's may
        be, for nothing here needs it, and candidates run beside this process.
        """
        needed = {Role.CLIENT, Role.EXECUTOR} | self.token_files.keys()
        return Tokens(secrets={role: self.token(role) for role in Role if role in needed})

    def token(self, role: Role) -> str:
        """The token of one role. Raises BadSetting when its file is not set, not readable, or too short."""
        path = self.token_files.get(role)
        if path is None:
            raise BadSetting(f"set {_token_variable(role)} to a file that holds the {role.value}'s token")
        try:
            secret = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{_token_variable(role)}: {path} cannot be read ({error})") from error
        if len(secret) < 16:
            raise BadSetting(f"{_token_variable(role)}: the token in {path} has less than 16 characters")
        return secret


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises BadSetting."""
    try:
        patience_s = read_seconds(environ, PATIENCE_SECONDS, DEFAULT_PATIENCE_SECONDS)
        drain_s = read_seconds(environ, DRAIN_SECONDS, DEFAULT_DRAIN_SECONDS)
        log_level = read_log_level(environ)
    except BadValue as error:
        raise BadSetting(error.message) from error
    return Settings(
        home=_home(environ),
        environ=dict(environ),
        superuser=os.geteuid() == 0,
        color=not environ.get("NO_COLOR"),
        store_address=environ.get("AUTOPACK_STORE_ADDRESS") or None,
        gatekeeper_address=environ.get("AUTOPACK_GATEKEEPER_ADDRESS") or None,
        executor_address=environ.get("AUTOPACK_EXECUTOR_ADDRESS") or None,
        token_files={role: Path(environ[_token_variable(role)]) for role in Role if environ.get(_token_variable(role))},
        executor_python=Path(python) if (python := environ.get("AUTOPACK_EXECUTOR_PYTHON")) else None,
        clone_allow=_clone_allow(environ.get("AUTOPACK_CLONE_ALLOW", "")),
        max_bundle_bytes=_number(environ, "AUTOPACK_MAX_BUNDLE_MB", 2048, most=1_048_576) * 1024 * 1024,
        sources_bytes=_number(environ, "AUTOPACK_SOURCES_MB", 20_480, most=1_073_741_824) * 1024 * 1024,
        keep_sources_s=_number(environ, "AUTOPACK_KEEP_SOURCES_DAYS", 14, most=36_500) * 86_400.0,
        patience_s=patience_s,
        drain_s=drain_s,
        log_level=log_level,
    )


def process_settings() -> Settings:
    """The settings of this process. Raises BadSetting."""
    return settings_from(os.environ)


def wall_clock_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def _token_variable(role: Role) -> str:
    return f"AUTOPACK_{role.name}_TOKEN_FILE"


def _clone_allow(value: str) -> tuple[str, ...]:
    prefixes = tuple(value.split())
    for prefix in prefixes:
        scheme, separator, rest = prefix.partition("://")
        if scheme not in SCHEMES or not separator or not rest:
            raise BadSetting(
                f"AUTOPACK_CLONE_ALLOW: {prefix!r} is no prefix of a URL; write 'https://host/folder' and the like, "
                f"separated by spaces, with one of {', '.join(SCHEMES)}"
            )
    return prefixes


def _number(environ: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    value = environ.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= most:
        raise BadSetting(f"{name}: {value!r} is not a whole number from 1 to {most}")
    return int(value)


def _home(environ: Mapping[str, str]) -> Path:
    if explicit := environ.get("AUTOPACK_HOME"):
        path = Path(explicit)
        if not path.is_absolute():
            raise BadSetting(f"AUTOPACK_HOME: {explicit!r} is not an absolute path")
        return path
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state) / "autopack"
    if home := environ.get("HOME"):
        return Path(home) / ".local" / "state" / "autopack"
    raise BadSetting("neither AUTOPACK_HOME nor HOME is set; set AUTOPACK_HOME to a folder for autopack's state")
