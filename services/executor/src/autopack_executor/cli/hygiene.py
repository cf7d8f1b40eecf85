"""``autopack hygiene``."""

import sys
from pathlib import Path

from autopack_executor.adapters.git.source_files import GitSourceFiles
from autopack_executor.cli.session import reporting_errors
from autopack_executor.cli.text import one_line
from autopack_executor.usecases.check_hygiene import check_hygiene


def run_hygiene(paths: tuple[Path, ...]) -> int:
    """Print the stray backup files under ``paths``; returns 1 when there are any."""
    with reporting_errors():
        found = check_hygiene(GitSourceFiles(), paths)
    for name in found:
        print(one_line(name, 1000))  # noqa: T201 - the command line speaks
    if found:
        print(  # noqa: T201
            f"autopack: {len(found)} stray backup files; delete them, or ignore them in .gitignore", file=sys.stderr
        )
    return 1 if found else 0
