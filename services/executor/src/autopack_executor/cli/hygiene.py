"""``autopack hygiene``."""

from pathlib import Path

from autopack_executor.adapters.git.source_files import GitSourceFiles
from autopack_executor.cli.ending import delivering, reporting_errors
from autopack_executor.cli.messages import tell
from autopack_executor.cli.text import one_line
from autopack_executor.usecases.check_hygiene import check_hygiene


def run_hygiene(paths: tuple[Path, ...]) -> int:
    """Print the stray backup files under ``paths``; returns 1 when there are any."""
    with reporting_errors():
        found = check_hygiene(GitSourceFiles(), paths)
        with delivering():
            for name in found:
                print(one_line(name, 1000))  # noqa: T201 - the command line speaks
    if found:
        count = "1 stray backup file" if len(found) == 1 else f"{len(found)} stray backup files"
        tell(f"{count}; delete what nobody needs, or ignore it in .gitignore")
    return 1 if found else 0
