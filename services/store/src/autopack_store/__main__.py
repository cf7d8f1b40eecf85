"""``python -m autopack_store`` and the command ``autopack-store``."""

import os
import sys

from autopack_store.cli import run


def main() -> None:
    """Run the command and leave with its exit code."""
    sys.exit(run(sys.argv[1:], os.environ))


if __name__ == "__main__":
    main()
