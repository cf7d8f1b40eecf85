"""``autopack hygiene``."""

from pathlib import Path

import pytest

from tests.builders import GitSandbox
from tests.e2e.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """The command line; hygiene needs no state directory."""
    return Command(home=tmp_path / "home")


def test_clean_sources(command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Sources without stray backup files are clean: exit code 0, not a word. Ignored ones do not count."""
    GitSandbox(tmp_path / "repository").commit({"a.py": "", ".gitignore": "*.orig\n", "b.backup.py": ""})
    (tmp_path / "repository" / "a.py.orig").touch()

    outcome = command.run_here(capfd, "hygiene", str(tmp_path / "repository"))

    assert (0, "", "") == (outcome.code, outcome.out, outcome.err)
    assert not command.home.exists()


def test_stray_backup_files(command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Backup files, tracked or not, are listed sorted under their roots: exit code 1."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"src/a.py.bak": "", "docs/b.rej": "", "tests/c.py": ""})
    repository.write({"src/d.broken": "", "src/e.backup": "", "src/new\nline.orig": ""})

    everywhere = command.run_here(capfd, "hygiene", str(repository.root))
    in_sources = command.run_here(capfd, "hygiene", str(repository.root / "src"), str(repository.root / "tests"))

    src = ["src/a.py.bak", "src/d.broken", "src/e.backup", "src/new\\nline.orig"]
    assert (1, ["docs/b.rej", *src]) == (
        everywhere.code,
        [_below(repository, line) for line in everywhere.out.splitlines()],
    )
    assert "autopack: 5 stray backup files; delete what nobody needs, or ignore it in .gitignore\n" == everywhere.err
    assert (1, src) == (in_sources.code, [_below(repository, line) for line in in_sources.out.splitlines()])


def _below(repository: GitSandbox, line: str) -> str:
    return line.removeprefix(f"{repository.root}/")


@pytest.mark.parametrize(("name", "message"), [("nowhere", "does not exist"), ("", "is not inside a git repository")])
def test_place_that_cannot_be_listed(
    command: Command, tmp_path: Path, name: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A place that cannot be listed is never clean: exit code 2."""
    outcome = command.run_here(capfd, "hygiene", str(tmp_path / name))

    assert (2, "") == (outcome.code, outcome.out)
    assert message in outcome.err


def test_current_folder(command: Command, tmp_path: Path) -> None:
    """Without a path the current folder is looked at."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({"a.bak": ""})

    outcome = command.run("hygiene", cwd=repository.root)

    assert (1, "a.bak\n") == (outcome.code, outcome.out)
