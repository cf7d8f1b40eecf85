"""A PostgreSQL server in a container, by Testcontainers, for as long as somebody holds this program's standard input.

The program, not the tests, owns the container: it removes it also when the tests are killed. Testcontainers' own helper
for that (Ryuk, an image more) is switched off unless TESTCONTAINERS_RYUK_DISABLED says otherwise.
"""

import argparse
import os
import secrets
import sys

# Before the import, which reads it.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import ExecWaitStrategy

READY = "ready"
PORT = 5432
PATIENCE_S = 120


def keep(image: str, settings: list[str]) -> None:
    """Start a server of ``image`` with ``settings`` (``name=value``), print READY and its address, and remove it when
    standard input ends. Raises TimeoutError, with the container's log.
    """
    password = secrets.token_urlsafe(16)
    options = [word for setting in settings for word in ("-c", setting)]
    container = DockerContainer(image).with_exposed_ports(PORT).with_env("POSTGRES_PASSWORD", password)
    # Over the network: the server that only sets the database up does not listen there.
    ready = ExecWaitStrategy(["pg_isready", "--quiet", "--host=127.0.0.1", "--username=postgres"])
    container.with_command(["postgres", *options]).with_kwargs(shm_size="256m", auto_remove=True)
    with container.waiting_for(ready.with_startup_timeout(PATIENCE_S).with_poll_interval(0.2)) as server:
        host, port = server.get_container_host_ip(), server.get_exposed_port(PORT)
        print(READY, f"postgresql://postgres:{password}@{host}:{port}/postgres", flush=True)
        sys.stdin.read()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image")
    parser.add_argument("settings", nargs="*", metavar="NAME=VALUE")
    options = parser.parse_args()
    keep(options.image, options.settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
