"""The settings of the executor. This is the only reader of the environment."""

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autopack_executor.environment.kept import EnvironmentLimits
from autopack_model.gate_request.clone_url import SCHEMES
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.settings import (
    DEFAULT_DRAIN_SECONDS,
    DRAIN_SECONDS,
    PATIENCE_SECONDS,
    BadSetting,
    read_home,
    read_log_level,
    read_seconds,
    read_tokens,
)

ADDRESS = "AUTOPACK_EXECUTOR_ADDRESS"
STORE_ADDRESS = "AUTOPACK_STORE_ADDRESS"
GATEKEEPER_ADDRESS = "AUTOPACK_GATEKEEPER_ADDRESS"
DEFAULT_PATIENCE_SECONDS = 60.0
LINGER_SECONDS = "AUTOPACK_LINGER_SECONDS"
DEFAULT_LINGER_SECONDS = 30.0

_NEEDED = (Role.CLIENT, Role.EXECUTOR)
"""The gatekeeper's token is not needed here, and candidates run beside this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSettings:
    """What the environment says.

    ``home`` is the executor's state directory; ``environ`` is passed on, filtered, to interpreters and setup commands.
    ``executor_python`` is the interpreter of runs that name none; ``clone_allow`` are the prefixes of URLs that may be
    cloned; unused bundles and clones are kept ``keep_sources_s`` seconds, while all of them take no more than
    ``sources_bytes``. ``environments`` limits what set-up commands made. ``patience_s`` is how long the executor goes
    on asking a store or a gatekeeper that is away, ``drain_s`` what calls and runs have at its end, ``linger_s`` what a
    suite that has reported everything has to exit, all in seconds.
    """

    home: Path
    environ: Mapping[str, str]
    superuser: bool
    executor_python: Path | None
    clone_allow: tuple[str, ...]
    max_bundle_bytes: int
    sources_bytes: int
    keep_sources_s: float
    environments: EnvironmentLimits
    patience_s: float = DEFAULT_PATIENCE_SECONDS
    drain_s: float = DEFAULT_DRAIN_SECONDS
    linger_s: float = DEFAULT_LINGER_SECONDS

    def at(self, home: Path) -> "ExecutorSettings":
        """The same settings with another state directory."""
        return replace(self, home=home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What an executor is told besides when it is a service of its own: where it listens and where the others do
    (``host:port`` or ``unix:/path``), the tokens, and the level of its logs, as ``logging`` numbers it.
    """

    address: str
    store_address: str
    gatekeeper_address: str
    tokens: Tokens
    log_level: int = logging.INFO


def settings_from(environ: Mapping[str, str]) -> ExecutorSettings:
    """Read the settings. Raises BadSetting."""
    return ExecutorSettings(
        home=read_home(environ),
        environ=dict(environ),
        superuser=os.geteuid() == 0,
        executor_python=Path(python) if (python := environ.get("AUTOPACK_EXECUTOR_PYTHON")) else None,
        clone_allow=_clone_allow(environ.get("AUTOPACK_CLONE_ALLOW", "")),
        max_bundle_bytes=_number(environ, "AUTOPACK_MAX_BUNDLE_MB", 2048, most=1_048_576) * 1024 * 1024,
        sources_bytes=_number(environ, "AUTOPACK_SOURCES_MB", 20_480, most=1_073_741_824) * 1024 * 1024,
        keep_sources_s=_number(environ, "AUTOPACK_KEEP_SOURCES_DAYS", 14, most=36_500) * 86_400.0,
        environments=EnvironmentLimits(
            most=_number(environ, "AUTOPACK_ENVIRONMENTS_PER_REPOSITORY", 20, most=10_000),
            keep_s=_number(environ, "AUTOPACK_KEEP_ENVIRONMENTS_DAYS", 14, most=36_500) * 86_400.0,
        ),
        patience_s=read_seconds(environ, PATIENCE_SECONDS, DEFAULT_PATIENCE_SECONDS),
        drain_s=read_seconds(environ, DRAIN_SECONDS, DEFAULT_DRAIN_SECONDS),
        linger_s=read_seconds(environ, LINGER_SECONDS, DEFAULT_LINGER_SECONDS),
    )


def deployment_from(environ: Mapping[str, str]) -> Deployment:
    """Read what a service of its own is told. Raises BadSetting when an address or a token is missing."""
    address, store, gatekeeper = (environ.get(name) for name in (ADDRESS, STORE_ADDRESS, GATEKEEPER_ADDRESS))
    if not address or not store or not gatekeeper:
        raise BadSetting(f"set {ADDRESS} (where to listen), {STORE_ADDRESS} and {GATEKEEPER_ADDRESS}")
    return Deployment(
        address=address,
        store_address=store,
        gatekeeper_address=gatekeeper,
        tokens=read_tokens(environ, _NEEDED),
        log_level=read_log_level(environ),
    )


def process_settings() -> ExecutorSettings:
    """The settings of this process. Raises BadSetting."""
    return settings_from(os.environ)


def process_deployment() -> Deployment:
    """What this process is told as a service of its own. Raises BadSetting."""
    return deployment_from(os.environ)


def wall_clock_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def _clone_allow(value: str) -> tuple[str, ...]:
    prefixes = tuple(value.split())
    for prefix in prefixes:
        scheme, separator, rest = prefix.partition("://")
        if scheme not in SCHEMES or not separator or not rest:
            raise BadSetting(
                f"AUTOPACK_CLONE_ALLOW: {prefix!r} is not a prefix of a URL; write 'https://host/folder' and the like, "
                f"separated by spaces, with one of {', '.join(SCHEMES)}"
            )
    return prefixes


def _number(environ: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    value = environ.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= most:
        raise BadSetting(f"{name}: {value!r} is not a whole number from 1 to {most}", subject=name)
    return int(value)
