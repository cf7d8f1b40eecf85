"""Settings that services and commands have in common, read from an environment that their ``config`` hands over."""

import math
from collections.abc import Collection, Mapping
from pathlib import Path

from autopack_model.errors import AutopackError
from autopack_rpc.logs import LEVELS
from autopack_rpc.roles import Role, Tokens

LOG_LEVEL = "AUTOPACK_LOG_LEVEL"
DRAIN_SECONDS = "AUTOPACK_DRAIN_SECONDS"
PATIENCE_SECONDS = "AUTOPACK_PATIENCE_SECONDS"
HOME = "AUTOPACK_HOME"

DEFAULT_DRAIN_SECONDS = 20.0
MIN_TOKEN = 16
"""The fewest characters that a token may have."""

_MOST_SECONDS = 3600.0


class BadSetting(AutopackError):
    """A setting is missing or of no use. The message names the variable or option and says what to set."""

    reason = "CONFIGURATION"


def read_log_level(environment: Mapping[str, str]) -> int:
    """The level of LOG_LEVEL, as ``logging`` numbers it; default ``info``. Raises BadSetting."""
    given = environment.get(LOG_LEVEL, "").strip() or "info"
    level = LEVELS.get(given.lower())
    if level is None:
        raise BadSetting(
            f"{LOG_LEVEL}={given[:80]!r} is not a level; use one of {', '.join(LEVELS)}", subject=LOG_LEVEL
        )
    return level


def read_seconds(environment: Mapping[str, str], variable: str, default: float) -> float:
    """The seconds that ``variable`` says: a number from 0 to 3600. Raises BadSetting."""
    given = environment.get(variable, "").strip()
    try:
        seconds = float(given) if given else default
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _MOST_SECONDS:
        raise BadSetting(
            f"{variable}={given[:80]!r} is not a number of seconds from 0 to {_MOST_SECONDS:g}", subject=variable
        )
    return seconds


def read_home(environment: Mapping[str, str]) -> Path:
    """The folder for the state of Autopack: HOME, else ``autopack`` in XDG_STATE_HOME, else in ``~/.local/state``.

    Raises BadSetting.
    """
    if explicit := environment.get(HOME):
        path = Path(explicit)
        if not path.is_absolute():
            raise BadSetting(f"{HOME}: {explicit!r} is not an absolute path", subject=HOME)
        return path
    if state := environment.get("XDG_STATE_HOME"):
        return Path(state) / "autopack"
    if home := environment.get("HOME"):
        return Path(home) / ".local" / "state" / "autopack"
    raise BadSetting(f"neither {HOME} nor HOME is set; set {HOME} to a folder for the state of Autopack", subject=HOME)


def token_variable(role: Role) -> str:
    """The variable that names the file with the token of ``role``."""
    return f"AUTOPACK_{role.name}_TOKEN_FILE"


def token_files(environment: Mapping[str, str]) -> dict[Role, Path]:
    """The files that the environment names for tokens."""
    return {role: Path(path) for role in Role if (path := environment.get(token_variable(role)))}


def read_token(files: Mapping[Role, Path], role: Role, *, named: str | None = None, missing: str | None = None) -> str:
    """The token of one role. Raises BadSetting when its file is not named, not readable, or too short; the message says
    that the file was ``named`` by, or must be by what is ``missing``, instead of the role's variable.
    """
    variable, path = named or token_variable(role), files.get(role)
    if path is None:
        wanted = missing or variable
        raise BadSetting(f"set {wanted} to a file that holds the {role.value}'s token", subject=wanted)
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{variable}: the token in {path} cannot be read: {error}", subject=variable) from error
    if len(token) < MIN_TOKEN:
        raise BadSetting(
            f"{variable}: the token in {path} has {len(token)} characters; use at least {MIN_TOKEN}", subject=variable
        )
    return token


def read_tokens(environment: Mapping[str, str], needed: Collection[Role]) -> Tokens:
    """The tokens of all roles whose files the environment names; those of the ``needed`` roles must be there.

    Raises BadSetting, also when two roles have the same token.
    """
    files = token_files(environment)
    tokens = {role: read_token(files, role) for role in Role if role in files or role in needed}
    if len(set(tokens.values())) != len(tokens):
        raise BadSetting(
            "two roles have the same token, so nobody could tell them apart; give each its own", subject="tokens"
        )
    return Tokens(secrets=tokens)
