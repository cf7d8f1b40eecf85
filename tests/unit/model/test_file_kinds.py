"""What is called like a backup file."""

import pytest

from autopack_model.file_kinds import is_backup


@pytest.mark.parametrize("suffix", ["backup", "bak", "broken", "orig", "rej"])
@pytest.mark.parametrize("stem", ["a.py", "src/a", "a b", "ü", "", "src/"])
def test_backup(stem: str, suffix: str) -> None:
    """Every suffix of the design counts, in any directory, with or without a stem."""
    assert is_backup(f"{stem}.{suffix}")


@pytest.mark.parametrize("path", ["a.py", "bak", "orig", "a.bak/b.py", "a.bak.py", "a.bakery", "a.orig/", ""])
def test_no_backup(path: str) -> None:
    """Only the end of a file's own name counts."""
    assert not is_backup(path)
