"""The stack of ``compose.yaml``: its secrets, its settings and its containers. Standard library only."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.checkout import ROOT
from dev.stack.docker_engine import EngineMissing, docker, require_engine

PROJECT = "autopack"
PRIVATE = ROOT / ".compose"
SECRETS = ("postgres_password", "client_token", "executor_token", "gatekeeper_token")
SERVICES = ("postgres", "store", "gatekeeper", "executor")
PATIENCE_S = 180.0
LOOK_S = 0.5
_INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")


class StackFailed(Exception):
    """The stack does not start, or not end. The message says which service, with what it said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack: a Compose project's name, the environment that ``compose.yaml`` reads, the folder of the secrets, and
    further files of Compose, each of which goes before those that it follows.
    """

    project: str
    environment: Mapping[str, str]
    secrets: Path
    overrides: tuple[Path, ...] = ()

    def up(self, *, build: bool = True) -> None:
        """Start what does not run and wait for its health. Raises EngineMissing, DockerFailed and StackFailed."""
        require_engine()
        make_secrets(self.secrets)
        Path(self.environment["AUTOPACK_REPOSITORIES"]).mkdir(parents=True, exist_ok=True)
        if build:
            self.build()
        self.compose("up", "--detach", "--no-build")
        self.wait_until_healthy()

    def build(self) -> None:
        """Build the images of the services. Raises EngineMissing and StackFailed."""
        require_engine()
        self.compose("build", "--quiet")

    def wait_until_healthy(self, *services: str, patience_s: float = PATIENCE_S) -> None:
        """Wait for ``services``, all when none are named. Raises StackFailed when it takes more than ``patience_s``."""
        deadline = time.monotonic() + patience_s
        for service in services or SERVICES:
            while (state := self.health(service)) != "healthy":
                if time.monotonic() > deadline:
                    raise StackFailed(
                        f"{service} is {state} after {patience_s:.0f} s; it said last:\n{self.logs(service)}"
                    )
                time.sleep(LOOK_S)

    def health(self, service: str) -> str:
        """``starting``, ``healthy`` or ``unhealthy``; the state of a container that does not run."""
        container = self.container(service)
        if not container:
            return "not there"
        form = '{{if eq .State.Status "running"}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}'
        return docker("inspect", "--format", form, container)

    def container(self, service: str) -> str:
        """The id of the container of ``service``; nothing when there is none."""
        return docker(
            *("ps", "--all", "--quiet", "--no-trunc"),
            *("--filter", f"label=com.docker.compose.project={self.project}"),
            *("--filter", f"label=com.docker.compose.service={service}"),
        ).partition("\n")[0]

    def address(self, service: str, port: int) -> str:
        """``host:port`` on this machine of the port that ``service`` listens on."""
        return docker("port", self.container(service), f"{port}/tcp").partition("\n")[0]

    def logs(self, service: str, lines: int = 30) -> str:
        """What ``service`` printed last."""
        return self.compose("logs", "--no-color", f"--tail={lines}", service)

    def down(self, *, volumes: bool) -> None:
        """End and remove the containers and networks; with ``volumes`` also what they stored. Raises StackFailed."""
        require_engine()
        self.compose("down", "--remove-orphans", *(["--volumes"] if volumes else []))

    def compose(self, *arguments: str) -> str:
        """What a command of Compose printed. Raises StackFailed."""
        files = [word for path in (ROOT / "compose.yaml", *self.overrides) for word in ("--file", str(path))]
        command = [*compose_command(), "--project-name", self.project, *files, *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StackFailed(f"{' '.join(command)} failed with exit code {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout


def compose_command() -> list[str]:
    """Compose 2, the plug-in of Docker, or else Compose 1. Raises EngineMissing when there is neither."""
    for command in (["docker", "compose"], ["docker-compose"]):
        try:
            asked = subprocess.run([*command, "version"], capture_output=True, check=False)
        except FileNotFoundError:
            continue
        if asked.returncode == 0:
            return command
    raise EngineMissing("Compose is missing; install it (Debian, Ubuntu: apt-get install docker-compose)")


def the_stack(environment: Mapping[str, str]) -> Stack:
    """The stack of this checkout, with the settings of ``environment``."""
    folder = Path(environment.get("AUTOPACK_SECRETS") or PRIVATE / "secrets")
    return Stack(
        project=environment.get("COMPOSE_PROJECT_NAME") or PROJECT,
        environment=with_defaults(environment, secrets=folder),
        secrets=folder,
    )


def with_defaults(environment: Mapping[str, str], *, secrets: Path) -> dict[str, str]:
    """``environment`` with what ``compose.yaml`` would otherwise not know: folders, who the caller is, which commit
    this is, and where this machine's pip finds packages.
    """
    defaults = {
        "AUTOPACK_SECRETS": str(secrets),
        "AUTOPACK_REPOSITORIES": str(PRIVATE / "repositories"),
        "AUTOPACK_REVISION": _revision(),
    }
    if os.getuid() != 0:
        # The executor has to write where the repositories' owner can.
        defaults |= {"AUTOPACK_UID": str(os.getuid()), "AUTOPACK_GID": str(os.getgid())}
    index = {name: value for name in _INDEX if (value := environment.get(name) or _pip_setting(name))}
    # A folder of this machine is not an index for a container.
    index = {name: value for name, value in index.items() if "file:" not in value}
    kept = {name: value for name, value in environment.items() if name not in _INDEX}
    return defaults | index | kept


def make_secrets(folder: Path) -> None:
    """Make the secrets that are missing in ``folder``: random, each in a file of its own.

    The folder is its owner's alone; the files can be read by everyone who gets at them, since the services, other users
    than the owner, see them mounted one by one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in SECRETS:
        path = folder / name
        if not path.exists():
            unfinished = folder / f".{name}.{os.getpid()}"
            unfinished.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
            unfinished.chmod(0o444)
            unfinished.rename(path)


def _revision() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


def _pip_setting(variable: str) -> str:
    name = variable.removeprefix("PIP_").lower().replace("_", "-")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "get", f"global.{name}"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return " ".join(asked.stdout.split()) if asked.returncode == 0 else ""
