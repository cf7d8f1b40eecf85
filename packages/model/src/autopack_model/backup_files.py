"""What counts as a stray backup file."""

from autopack_model.decision.rules import BACKUP_SUFFIXES


def is_backup(path: str) -> bool:
    """Whether the file at ``path`` (with ``/``) is called like what editors, patches and merges leave behind."""
    return path.rpartition("/")[2].endswith(BACKUP_SUFFIXES)
