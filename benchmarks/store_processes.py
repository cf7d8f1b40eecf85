"""Store and gatekeeper as processes of their own, and what they and PostgreSQL cost."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
import psycopg
from sqlalchemy import URL

from autopack_rpc.client.channel import channel
from autopack_rpc.roles import Role, Tokens
from tests.e2e.stack import LOCAL, free_port
from tests.storage.databases import full_address

PATIENCE_S = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A running service: its process id, and a channel to it in the executor's name."""

    pid: int
    address: str
    channel: grpc.Channel
    token: str

    def connected(self) -> contextlib.AbstractContextManager[grpc.Channel]:
        """One more channel."""
        return channel(self.address, token=self.token)

    @property
    def peak_mb(self) -> float:
        """The most memory that the process ever had: MiB, of the kernel's VmHWM."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(kib) / 1024

    @property
    def cpu_s(self) -> float:
        """The processor time that it took until now: seconds."""
        return cpu_seconds(self.pid)


class Services:
    """Starts services whose files lie in ``folder``; a service that is started again is a fresh process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tokens = Tokens.generate()
        self._variables: dict[str, str] = {}
        for role in Role:
            path = folder / f"{role.value}.token"
            path.write_text(self._tokens.of(role), encoding="ascii")
            self._variables[f"AUTOPACK_{role.name}_TOKEN_FILE"] = str(path)

    @contextlib.contextmanager
    def store(self, database: URL) -> Iterator[Process]:
        """A store on ``database``, which is made ready for it."""
        own = {"AUTOPACK_DB_BOOTSTRAP": "1", "AUTOPACK_STORE_DATABASE_URL": full_address(database)}
        with self._running("store", ["autopack_store", "serve"], own) as process:
            yield process

    @contextlib.contextmanager
    def gatekeeper(self, store: Process) -> Iterator[Process]:
        """A gatekeeper beside ``store``."""
        own = {"AUTOPACK_STORE_ADDRESS": store.address}
        with self._running("gatekeeper", ["autopack_gatekeeper"], own) as process:
            yield process

    @contextlib.contextmanager
    def _running(self, name: str, module: list[str], own: Mapping[str, str]) -> Iterator[Process]:
        address = f"{LOCAL}:{free_port()}"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AUTOPACK_")}
        variables = inherited | self._variables | dict(own) | {f"AUTOPACK_{name.upper()}_ADDRESS": address}
        log = self._folder / f"{name}.log"
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab"))
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            stack.callback(_end, process)
            token = self._tokens.of(Role.EXECUTOR)
            opened = stack.enter_context(channel(address, token=token))
            _wait(process, address, log)
            yield Process(pid=process.pid, address=address, channel=opened, token=token)


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as bare:
        ready = grpc.channel_ready_future(bare)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                ready.result(timeout=0.2)
            except grpc.FutureTimeoutError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{address} does not serve:\n{log.read_text(errors='replace')}") from None
            else:
                return


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_S)
    finally:
        process.kill()


def cpu_seconds(pid: int, *, with_children: bool = False) -> float:
    """The processor time of a process until now, and of its ended children when asked for: seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if with_children else 13])) / _TICKS


class ServerClock:
    """The processor time of all processes of the PostgreSQL server, where they can be seen from here."""

    def __init__(self, database: URL) -> None:
        with psycopg.connect(full_address(database.set(drivername="postgresql"))) as connection:
            self._postmaster = _parent(connection.info.backend_pid)

    def __call__(self) -> float:
        """Seconds until now; 0 when the processes cannot be seen, as those of another machine."""
        if self._postmaster is None:
            return 0.0
        total = cpu_seconds(self._postmaster, with_children=True)
        for child in Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children").read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                total += cpu_seconds(int(child))
        return total


def _parent(backend: int) -> int | None:
    try:
        stat = Path(f"/proc/{backend}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    name, _, rest = stat.rpartition(")")
    return int(rest.split()[1]) if "postgres" in name else None
