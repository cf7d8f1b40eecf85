"""What the name or the folder of a file says of it."""

from typing import Final

BACKUP_SUFFIXES: Final = (".backup", ".bak", ".broken", ".orig", ".rej")
"""How the files are called that editors, patches and merges leave behind, ascending."""

TEST_FOLDERS: Final = frozenset({"test", "tests", "testing"})
"""How the folders of tests are called."""

# fmt: off
TEST_DATA_FOLDERS: Final = (
    "__snapshots__", "cassettes", "fixtures", "golden", "snapshots", "test", "test-data", "test_data", "testdata",
    "testing", "tests",
)
"""The folders below which a file that is called like a backup is data of tests, ascending."""
# fmt: on


def is_backup(path: str) -> bool:
    """Whether the file at ``path`` (with ``/``) is called like what editors, patches and merges leave behind."""
    return path.rpartition("/")[2].endswith(BACKUP_SUFFIXES)
