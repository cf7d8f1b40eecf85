"""What counts as a stray backup file (DESIGN 5.2)."""

BACKUP_SUFFIXES = (".backup", ".bak", ".broken", ".orig", ".rej")


def is_backup(path: str) -> bool:
    """Whether the file at ``path`` (with ``/``) is called like what editors, patches and merges leave behind."""
    return path.rpartition("/")[2].endswith(BACKUP_SUFFIXES)
