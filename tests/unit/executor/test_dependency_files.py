"""Which files decide what a setup command installs."""

from pathlib import Path

import pytest

from autopack_executor.environment.dependency_files import dependency_files, version_from_commit


def write(worktree: Path, files: dict[str, str]) -> None:
    """Write ``files`` below ``worktree``."""
    for name, content in files.items():
        (worktree / name).parent.mkdir(parents=True, exist_ok=True)
        (worktree / name).write_text(content)


def test_dependency_files(tmp_path: Path) -> None:
    """Project files, requirements, locks and places of a version; no other file."""
    chosen = [
        "Pipfile",
        "app/__init__.py",
        "poetry.lock",
        "pyproject.toml",
        "requirements-dev.txt",
        "requirements/test.txt",
        "setup.cfg",
        "src/lib/__init__.py",
        "src/lib/_version.py",
        "sub/project/setup.py",
    ]
    write(tmp_path, dict.fromkeys([*chosen, "README", "src/lib/code.py", "tests/test_a.py", ".git/setup.py"], ""))

    assert tuple(chosen) == dependency_files(tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[build-system]\nrequires = ['setuptools-scm']", True),
        ("[build-system]\nrequires = ['hatchling', 'hatch-vcs']", True),
        ("[build-system]\nrequires = ['hatchling']\n[project]\nversion = '1'", False),
    ],
)
def test_version_from_commit(tmp_path: Path, content: str, expected: bool) -> None:
    """A build tool that takes the version from the commit is recognised."""
    write(tmp_path, {"pyproject.toml": content})

    assert expected == version_from_commit(tmp_path)
