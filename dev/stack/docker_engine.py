"""The Docker engine of the machine, through its command line. Standard library only."""

import functools
import shutil
import subprocess

PATIENCE_S = 30.0
"""How long an engine may take to say who it is."""


class EngineMissing(Exception):
    """No Docker engine answers. The message says what to do."""


class DockerFailed(Exception):
    """A command of Docker failed. The message says which, with what it said."""


@functools.cache
def engine_problem() -> str | None:
    """Why no engine can be used; None when one answers. Asked once per process."""
    if shutil.which("docker") is None:
        return "the command docker is missing; install Docker (Debian, Ubuntu: apt-get install docker.io)"
    try:
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return f"the Docker engine did not answer in {PATIENCE_S:.0f} s"
    if asked.returncode != 0:
        return f"no Docker engine answers ({asked.stderr.strip()}); start dockerd, or set DOCKER_HOST"
    return None


def require_engine() -> None:
    """Do nothing when an engine answers. Raises EngineMissing."""
    if (problem := engine_problem()) is not None:
        raise EngineMissing(problem)


def docker(*arguments: str) -> str:
    """What a command of Docker printed. Raises DockerFailed."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DockerFailed(
            f"docker {' '.join(arguments)} failed with exit code {done.returncode}: {done.stderr.strip()}"
        )
    return done.stdout.strip()
