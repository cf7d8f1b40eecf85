"""``autopack hygiene``: find stray backup files among the sources."""

from collections.abc import Sequence
from pathlib import Path

from autopack_cli.ending import delivering, reporting_errors
from autopack_cli.messages import tell
from autopack_cli.render.text import one_line
from autopack_git.source_files import source_files
from autopack_model.file_kinds import is_backup


def run_hygiene(paths: tuple[Path, ...]) -> int:
    """Print the stray backup files under ``paths``; returns 1 when there are any."""
    with reporting_errors():
        found = stray_backup_files(paths)
        with delivering():
            for name in found:
                print(one_line(name, 1000))  # noqa: T201 - the command line speaks
    if found:
        count = "1 stray backup file" if len(found) == 1 else f"{len(found)} stray backup files"
        tell(f"{count}; delete what nobody needs, or ignore it in .gitignore")
    return 1 if found else 0


def stray_backup_files(paths: Sequence[Path]) -> tuple[str, ...]:
    """The stray backup files under ``paths``, ascending and each once.

    Raises NotARepository, BareRepository, BadRequest and GitFailed: a folder that git cannot list is never clean.
    """
    return tuple(sorted({name for path in paths for name in source_files(path) if is_backup(name)}))
