"""Serve with the code on the path, until standard input ends. Run by ``world.py``.

``HOME`` serves all three services; ``HOME SERVERS SOCKET`` an executor with the store and the gatekeeper of SERVERS.
Prints where the services are, and the callers' tokens, as one line of JSON.
"""

import json
import sys
from pathlib import Path

import structlog

from autopack_executor.config import process_settings
from autopack_executor.server import executor
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role, Tokens


def serve(home: Path) -> None:
    """Serve all three services."""
    with embedded(home, "store", "gatekeeper", "executor") as settings:
        _until_told(settings.addresses, {role.value: settings.tokens.of(role) for role in Role})


def serve_executor(home: Path, servers: dict[str, dict[str, str]], socket: Path) -> None:
    """Serve an executor on ``socket``."""
    with executor(
        process_settings().at(home),
        address=f"unix:{socket}",
        store_address=servers["addresses"]["store"],
        gatekeeper_address=servers["addresses"]["gatekeeper"],
        tokens=Tokens(secrets={role: servers["tokens"][role.value] for role in Role}),
    ) as address:
        _until_told({**servers["addresses"], "executor": address}, servers["tokens"])


def _until_told(addresses: dict[str, str], tokens: dict[str, str]) -> None:
    print(json.dumps({"addresses": addresses, "tokens": tokens}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    # Standard output is what the tests read.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    match sys.argv[1:]:
        case [home]:
            serve(Path(home))
        case [home, servers, socket]:
            serve_executor(Path(home), json.loads(servers), Path(socket))
        case _:
            sys.exit(f"not understood: {sys.argv[1:]}")
