"""The embedded mode: the services of one process, on private Unix sockets, discovered through entry points.

The same servicers and contracts as in a deployment; there is no second code path.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

from autopack_rpc.roles import Tokens

GROUP = "autopack.services"
NOWHERE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedSettings:
    """What an embedded service is given: where it may keep state, where each service listens, and the tokens.

    ``home`` is an absolute folder that belongs to this user; ``addresses`` has an entry per service by name.
    ``alone`` says whether the services that it needs are processes of their own, which may be away for a while.
    """

    home: Path
    addresses: dict[str, str]
    tokens: Tokens
    alone: bool = False


EmbeddedService = Callable[[EmbeddedSettings], AbstractContextManager[None]]


class ServiceMissing(Exception):
    """Services that the embedded mode needs are not installed. The message names all of them and what to install."""

    def __init__(self, names: Sequence[str]) -> None:
        which = " and the ".join((", the ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
        packages = " ".join(f"autopack-{name}" for name in names)
        super().__init__(
            f"the {which} {'are' if len(names) > 1 else 'is'} not installed on this machine; run 'pip install "
            f"{packages}' ('pip install autopack' brings all services)"
        )


def embedded_services(*names: str) -> dict[str, EmbeddedService]:
    """The embedded form of each installed service, by its name. Raises ServiceMissing."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if missing := [name for name in names if name not in found]:
        raise ServiceMissing(missing)
    return {name: found[name].load() for name in names}


@contextlib.contextmanager
def embedded(
    home: Path, *names: str, elsewhere: Mapping[str, str] = NOWHERE, tokens: Tokens | None = None
) -> Iterator[EmbeddedSettings]:
    """Start the services ``names``, in this order, and stop them in the opposite one on exit.

    ``elsewhere`` holds the addresses of services that they need and that run already; ``tokens`` are new ones unless
    they are given.

    Raises ServiceMissing, and whatever a service raises at its start.
    """
    services = embedded_services(*names)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(socket_folder())
        settings = EmbeddedSettings(
            home=home,
            addresses={**elsewhere, **{name: f"unix:{folder / name}.sock" for name in names}},
            tokens=tokens or Tokens.generate(),
            alone=bool(elsewhere),
        )
        for service in services.values():
            stack.enter_context(service(settings))
        yield settings


@contextlib.contextmanager
def socket_folder() -> Iterator[Path]:
    """A folder for private sockets of this process, removed on exit. What killed processes left is removed at once."""
    folder = Path(tempfile.mkdtemp(prefix=_folder_prefix(os.getpid()), dir=_short_folder()))
    try:
        _remove_abandoned_folders()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> Path:
    # A socket's path may have 107 bytes at most, so a long TMPDIR is not a place for it.
    folder = Path(tempfile.gettempdir())
    return folder if len(os.fsencode(folder)) <= 60 else Path("/tmp")  # noqa: S108 - a folder of our own is made in it


def _folder_prefix(pid: int) -> str:
    return f"autopack-{os.getuid()}-{pid}-"


def _remove_abandoned_folders() -> None:
    for folder in _short_folder().glob(f"autopack-{os.getuid()}-*-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
