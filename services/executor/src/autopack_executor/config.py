"""Settings. The only reader of the environment."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from autopack_rpc.roles import Role, Tokens


class BadSetting(Exception):
    """A setting is missing or of no use; the message names the variable and what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says.

    ``home`` is the executor's state directory; ``environ`` is passed on, filtered, to interpreters and setup commands.
    Addresses are None when the service is to be embedded.
    """

    home: Path
    environ: Mapping[str, str]
    superuser: bool
    color: bool
    store_address: str | None
    gatekeeper_address: str | None
    executor_address: str | None
    token_files: Mapping[Role, Path]

    def at(self, home: Path) -> "Settings":
        """The same settings with another state directory."""
        return replace(self, home=home)

    def tokens(self) -> Tokens:
        """The tokens of the configured files. Raises BadSetting when one is missing or too short."""
        return Tokens(secrets={role: self.token(role) for role in Role})

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
    return Settings(
        home=_home(environ),
        environ=dict(environ),
        superuser=os.geteuid() == 0,
        color=not environ.get("NO_COLOR"),
        store_address=environ.get("AUTOPACK_STORE_ADDRESS") or None,
        gatekeeper_address=environ.get("AUTOPACK_GATEKEEPER_ADDRESS") or None,
        executor_address=environ.get("AUTOPACK_EXECUTOR_ADDRESS") or None,
        token_files={role: Path(environ[_token_variable(role)]) for role in Role if environ.get(_token_variable(role))},
    )


def process_settings() -> Settings:
    """The settings of this process. Raises BadSetting."""
    return settings_from(os.environ)


def wall_clock_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def _token_variable(role: Role) -> str:
    return f"AUTOPACK_{role.name}_TOKEN_FILE"


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
