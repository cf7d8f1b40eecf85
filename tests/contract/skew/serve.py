"""Serve with the contract on the path until standard input ends. Run by ``world.py``, with a JSON object.

``home`` and ``names`` serve these services; ``home``, ``socket`` and ``others`` an executor that uses the store and the
gatekeeper of others. Prints one line of JSON: the addresses, the callers' tokens, and where the contract came from.
"""

import json
import sys
from pathlib import Path

import structlog

import autopack
from autopack_executor.config import process_settings
from autopack_executor.server import executor
from autopack_rpc.embedded import embedded
from autopack_rpc.roles import Role, Tokens


def serve(home: Path, names: list[str]) -> None:
    """Serve the services ``names``."""
    with embedded(home, *names) as settings:
        _until_told(settings.addresses, {role.value: settings.tokens.of(role) for role in Role})


def serve_executor(home: Path, socket: str, others: dict[str, dict[str, str]]) -> None:
    """Serve an executor on ``socket``."""
    with executor(
        process_settings().at(home),
        address=f"unix:{socket}",
        store_address=others["addresses"]["store"],
        gatekeeper_address=others["addresses"]["gatekeeper"],
        tokens=Tokens(secrets={role: others["tokens"][role.value] for role in Role}),
    ) as address:
        _until_told({**others["addresses"], "executor": address}, others["tokens"])


def _until_told(addresses: dict[str, str], tokens: dict[str, str]) -> None:
    said = {"addresses": addresses, "tokens": tokens, "contract": list(autopack.__path__)}
    print(json.dumps(said), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    # Standard output is what the tests read.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asked = json.loads(sys.argv[1])
    if "others" in asked:
        serve_executor(Path(asked["home"]), asked["socket"], asked["others"])
    else:
        serve(Path(asked["home"]), asked["names"])
