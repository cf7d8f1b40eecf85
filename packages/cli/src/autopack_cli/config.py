"""The settings of the command. This is the only reader of the environment."""

import os
import pwd
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autopack_rpc.roles import Role
from autopack_rpc.settings import (
    PATIENCE_SECONDS,
    BadSetting,
    read_home,
    read_seconds,
    read_token,
    token_files,
    token_variable,
)

DEFAULT_PATIENCE_SECONDS = 60.0
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """What the command line says instead of the environment: where services listen, and the file with the token that
    they want of this command. None stands for what it does not say.
    """

    executor: str | None = None
    store: str | None = None
    gatekeeper: str | None = None
    token_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSettings:
    """What the environment says.

    ``home`` is the folder for the state of embedded services and for temporary files. An address is None when the
    service is to be embedded. ``patience_s`` is how many seconds a lost executor has to come back. ``search_path`` is
    the PATH on which commands are looked for; ``environ`` is what variables that are handed to tests are taken from.
    ``token_option`` is the role whose token file the command line names.
    """

    home: Path
    color: bool
    search_path: str
    store_address: str | None
    gatekeeper_address: str | None
    executor_address: str | None
    token_files: Mapping[Role, Path]
    token_option: Role | None = None
    patience_s: float = DEFAULT_PATIENCE_SECONDS
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each service that is configured, by its name."""
        named = {
            "store": self.store_address,
            "gatekeeper": self.gatekeeper_address,
            "executor": self.executor_address,
        }
        return {name: address for name, address in named.items() if address is not None}

    def reaching(self, addresses: Addresses, *, role: Role | None = None) -> "CommandSettings":
        """These settings with each value that ``addresses`` gives in place of their own. A token file is that of
        ``role``, or else the client's when there is an executor to call; otherwise it is the executor's, because this
        command is one then.

        Raises BadSetting for an empty value, and for an address whose port cannot be one.
        """
        for option, address in (
            ("executor", addresses.executor),
            ("store", addresses.store),
            ("gatekeeper", addresses.gatekeeper),
        ):
            if address == "":
                raise BadSetting(f"--{option} is empty; leave it out or give it an address, HOST:PORT or unix:/path")
        executor_address = addresses.executor or self.executor_address
        role = role or (Role.EXECUTOR if executor_address is None else Role.CLIENT)
        token = {} if addresses.token_file is None else {role: addresses.token_file}
        settings = replace(
            self,
            executor_address=executor_address,
            store_address=addresses.store or self.store_address,
            gatekeeper_address=addresses.gatekeeper or self.gatekeeper_address,
            token_files={**self.token_files, **token},
            token_option=None if addresses.token_file is None else role,
        )
        for name, address in settings.addresses.items():
            check_port(address, f"the address of the {name}")
        return settings

    def token(self, role: Role) -> str:
        """The token of one role. Raises BadSetting when its file is not named, not readable, or too short."""
        variable = token_variable(role)
        named = "--token-file" if role is self.token_option else variable
        return read_token(self.token_files, role, named=named, missing=f"--token-file (or {variable})")


def check_port(address: str, what: str) -> None:
    """Raises BadSetting for an address whose port is too large. gRPC would take it modulo 65,536, and call another."""
    port = address.rpartition(":")[2]
    if not address.startswith("unix:") and port.isdecimal() and not 1 <= int(port[:6]) <= MAX_PORT:
        raise BadSetting(f"{what}, {address[:200]!r}, has a port outside 1 to {MAX_PORT}; use HOST:PORT or unix:/path")


def settings_from(environ: Mapping[str, str]) -> CommandSettings:
    """Read the settings. Raises BadSetting."""
    return CommandSettings(
        home=read_home(environ),
        color=not environ.get("NO_COLOR"),
        search_path=environ.get("PATH", os.defpath),
        store_address=environ.get("AUTOPACK_STORE_ADDRESS") or None,
        gatekeeper_address=environ.get("AUTOPACK_GATEKEEPER_ADDRESS") or None,
        executor_address=environ.get("AUTOPACK_EXECUTOR_ADDRESS") or None,
        token_files=token_files(environ),
        patience_s=read_seconds(environ, PATIENCE_SECONDS, DEFAULT_PATIENCE_SECONDS),
        environ=dict(environ),
    )


def process_settings() -> CommandSettings:
    """The settings of this process. Raises BadSetting."""
    return settings_from(os.environ)


def login_name() -> str:
    """The name of the user whose process this is."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def wall_clock_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
