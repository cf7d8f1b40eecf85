"""``python -m autopack_store`` and the command ``autopack-store``."""

import sys

from autopack_rpc.server.stopping import leave
from autopack_store.cli import run
from autopack_store.config import process_environment


def main() -> None:
    """Run the command and leave with its exit code."""
    leave(run(sys.argv[1:], process_environment()))


if __name__ == "__main__":
    main()
