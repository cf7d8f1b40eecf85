"""Stray backup files under source roots."""

from pathlib import Path

import pytest

from autopack_cli.commands.hygiene import stray_backup_files
from autopack_git.errors import NotARepository
from tests.builders import GitSandbox


def test_clean(sandbox: GitSandbox) -> None:
    """A project without backup files is clean."""
    assert () == stray_backup_files([sandbox.root])


def test_tracked_and_untracked(sandbox: GitSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backup files that are tracked, staged or merely there are found once each, in order; ignored ones are not."""
    sandbox.commit({"src/z.py.orig": "1", ".gitignore": "*.rej\nbuild/\n", "deleted.bak": "1"})
    sandbox.write({"src/new.bak": "1", "a.broken": "1", "src/x.rej": "1", "build/y.bak": "1", "src/fine.py": "1"})
    sandbox.git("add", "a.broken")
    (sandbox.root / "deleted.bak").unlink()
    monkeypatch.chdir(sandbox.root)

    assert ("a.broken", "src/new.bak", "src/z.py.orig") == stray_backup_files([Path(), Path("src"), Path("./src")])
    assert ("src/new.bak", "src/z.py.orig") == stray_backup_files([Path("src")])


def test_tracked_although_ignored(sandbox: GitSandbox) -> None:
    """A backup file that is tracked counts even when .gitignore would hide it."""
    sandbox.commit({"a.bak": "1"})
    sandbox.commit({".gitignore": "*.bak\n"})

    assert (str(sandbox.root / "a.bak"),) == stray_backup_files([sandbox.root])


def test_one_file(sandbox: GitSandbox) -> None:
    """A path may be a file, whatever characters it has."""
    sandbox.write({"a[1].bak": "1", "a1.bak": "1"})

    assert (str(sandbox.root / "a[1].bak"),) == stray_backup_files([sandbox.root / "a[1].bak"])


@pytest.mark.parametrize("name", ["", "absent"])
def test_outside_a_repository(tmp_path: Path, name: str) -> None:
    """What git cannot list is an error, never clean."""
    with pytest.raises(NotARepository):
        stray_backup_files([tmp_path / name])
