"""``autopack hygiene``: are there stray backup files under the source roots?"""

from collections.abc import Sequence
from pathlib import Path

from autopack_executor.domain.backup_files import is_backup
from autopack_executor.ports import SourceFiles


def check_hygiene(files: SourceFiles, paths: Sequence[Path]) -> tuple[str, ...]:
    """The stray backup files under ``paths``, ascending and each once; none is a clean bill.

    Raises what ``SourceFiles.under`` raises: a place that cannot be listed is never clean.
    """
    return tuple(sorted({name for path in paths for name in files.under(path) if is_backup(name)}))
