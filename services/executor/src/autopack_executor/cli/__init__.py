"""``autopack``: the command line. Results go to standard output, messages to standard error."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Imported here so that loading the package costs nothing: typer brings much along.
    from autopack_executor.cli.app import app  # noqa: PLC0415

    sys.exit(app())
