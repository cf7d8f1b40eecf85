"""The three services as processes of their own, over TCP on the loopback."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autopack_rpc.roles import Role, Tokens
from autopack_store.database.engine import file_url
from tests.e2e.command import PATIENCE_S, Command

PROGRAMS = {
    "store": ("autopack_store", "serve"),
    "gatekeeper": ("autopack_gatekeeper",),
    "executor": ("autopack_executor",),
}
LOCAL = "127.0.0.1"


class Service:
    """One service; it keeps its port when it is started again."""

    def __init__(self, name: str, variables: Mapping[str, str]) -> None:
        self.name = name
        self.address = f"{LOCAL}:{free_port()}"
        self.log: list[str] = []
        self._variables = dict(variables)
        self._process: subprocess.Popen[str] | None = None
        self._serving = threading.Event()
        self._failed = False
        self._reader: threading.Thread | None = None

    def start(self, more: Mapping[str, str] | None = None) -> None:
        """Start it, with ``more`` variables from here on, and wait until it serves."""
        self._variables.update(more or {})
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTOPACK_")}
        self._serving.clear()
        self._failed = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", *PROGRAMS[self.name]],
            env={**inherited, **self._variables, f"AUTOPACK_{self.name.upper()}_ADDRESS": self.address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,))
        self._reader.start()
        assert self._serving.wait(PATIENCE_S), self.log
        assert not self._failed, self.log

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.log.append(line)
            # As a message of its own, or as an event in JSON.
            if "serving on " in line or '"event": "serving"' in line:
                self._serving.set()
        self._failed = True
        self._serving.set()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, and wait for that; its exit code."""
        if self._process is None or self._reader is None:
            return 0
        self._process.send_signal(number)
        try:
            code = self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            self._reader.join()
            if self._process.stderr is not None:
                self._process.stderr.close()
            self._process = None
        return code


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Store, gatekeeper and executor, and the tokens of their callers below ``folder``."""

    folder: Path
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The executor's state directory."""
        return self.folder / "executor"

    @property
    def command(self) -> Command:
        """A command line on another machine, as far as its state directory tells."""
        return Command(home=self.folder / "client")

    def token(self, role: Role) -> str:
        """The file with the token of ``role``."""
        return str(self.folder / f"{role.value}.token")

    @property
    def options(self) -> tuple[str, ...]:
        """What names the executor and the store, and nothing else: what a deployment publishes."""
        addresses = (f"--executor={self.services['executor'].address}", f"--store={self.services['store'].address}")
        return (*addresses, f"--token-file={self.token(Role.CLIENT)}")


@contextlib.contextmanager
def running_stack(folder: Path, database_url: str | None = None, **more: str) -> Iterator[Stack]:
    """A stack whose state lies in ``folder``, the database too unless its URL is given."""
    stack = Stack(folder=folder)
    tokens = Tokens.generate()
    variables = {"AUTOPACK_DB_BOOTSTRAP": "1", "AUTOPACK_HOME": str(stack.home)} | more
    variables["AUTOPACK_STORE_DATABASE_URL"] = database_url or str(file_url(folder / "store.db"))
    for role in Role:
        Path(stack.token(role)).write_text(tokens.of(role))
        variables[f"AUTOPACK_{role.name}_TOKEN_FILE"] = stack.token(role)
    with contextlib.ExitStack() as ended:
        for name in PROGRAMS:
            service = stack.services[name] = Service(name, variables)
            variables[f"AUTOPACK_{name.upper()}_ADDRESS"] = service.address
            ended.callback(service.end)
            service.start()
        yield stack


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        number: int = probe.getsockname()[1]
        return number


@contextlib.contextmanager
def git_daemon(folder: Path) -> Iterator[str]:
    """Git's own server for the repositories below ``folder``; yields the URL of the folder."""
    port = free_port()
    program = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    with subprocess.Popen(
        [
            f"{program}/git-daemon",
            *("--verbose", "--log-destination=stderr", "--export-all", "--reuseaddr"),
            *(f"--base-path={folder}", f"--listen={LOCAL}", f"--port={port}"),
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"},
    ) as daemon:
        assert daemon.stderr is not None
        try:
            for line in daemon.stderr:
                if "Ready" in line:
                    break
            drained = threading.Thread(target=daemon.stderr.read)
            drained.start()
            yield f"git://{LOCAL}:{port}"
        finally:
            daemon.terminate()
            daemon.wait()
            drained.join()
