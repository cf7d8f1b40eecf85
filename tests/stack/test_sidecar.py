"""The gatekeeper beside an executor: on a Unix socket in a folder that two containers share."""

import secrets
import time

from dev.stack.compose import Stack
from dev.stack.docker_engine import DockerFailed, docker

SOCKET = "unix:/run/autopack/gatekeeper.sock"
PROBE = ("python", "-m", "autopack_rpc.health.probe", SOCKET)


def test_a_gatekeeper_on_a_socket_serves_the_container_beside_it(stack: Stack) -> None:
    """A gatekeeper on a Unix socket becomes ready, and a container of the executor's image that shares the socket's
    folder, and no network, reaches it.
    """
    name = f"{stack.project}-sidecar-{secrets.token_hex(4)}"
    tokens = [
        word
        for role in ("client", "executor", "gatekeeper")
        for word in (
            f"--env=AUTOPACK_{role.upper()}_TOKEN_FILE=/run/secrets/{role}_token",
            f"--volume={stack.secrets}/{role}_token:/run/secrets/{role}_token:ro",
        )
    ]
    docker("volume", "create", "--opt=type=tmpfs", "--opt=device=tmpfs", "--opt=o=uid=10001", name)
    try:
        docker(
            *("run", "--detach", "--read-only", f"--name={name}", f"--network={stack.project}_services"),
            *(f"--volume={name}:/run/autopack", f"--env=AUTOPACK_GATEKEEPER_ADDRESS={SOCKET}"),
            *("--env=AUTOPACK_STORE_ADDRESS=store:7403", *tokens, "autopack-gatekeeper:0.1.0"),
        )
        deadline = time.monotonic() + 60
        while not _ready(name):
            assert time.monotonic() < deadline, docker("logs", name)
            time.sleep(0.5)

        beside = ("--rm", "--network=none", f"--volume={name}:/run/autopack", f"--entrypoint={PROBE[0]}")
        assert f"{SOCKET}: SERVING" == docker("run", *beside, "autopack-executor:0.1.0", *PROBE[1:])
    finally:
        docker("rm", "--force", name)
        docker("volume", "rm", name)


def _ready(container: str) -> bool:
    try:
        docker("exec", container, *PROBE)
    except DockerFailed:
        return False
    return True
