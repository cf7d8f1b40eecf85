"""Which files decide what a setup command installs."""

from pathlib import Path

import pytest

from autopack_executor.environment.dependency_files import dependency_digest, dependency_files, version_from_commit


def write(worktree: Path, files: dict[str, str]) -> None:
    """Write ``files`` below ``worktree``."""
    for name, content in files.items():
        (worktree / name).parent.mkdir(parents=True, exist_ok=True)
        (worktree / name).write_text(content)


def test_dependency_files(tmp_path: Path) -> None:
    """Project files, requirements, locks, places of a version, and what the command names; no other file."""
    chosen = [
        "Pipfile",
        "app/__init__.py",
        "ci/install.sh",
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

    assert tuple(chosen) == dependency_files(tmp_path, "sh ci/install.sh && pip install -e '.[test]'")


def test_names_outside_are_not_read(tmp_path: Path) -> None:
    """A command that names a file outside of the worktree adds nothing to the dependency files."""
    (tmp_path / "outside").touch()
    (tmp_path / "tree").mkdir()

    assert () == dependency_files(tmp_path / "tree", f"cat ../outside {tmp_path}/outside")


@pytest.mark.parametrize("changed", [{"setup.py": "2"}, {"setup.cfg": ""}, {"a/setup.py": "1"}])
def test_digest(tmp_path: Path, changed: dict[str, str]) -> None:
    """The digest changes with the content, the number and the place of the files, and with nothing else."""
    write(tmp_path, {"setup.py": "1", "code.py": "1"})
    before = dependency_digest(tmp_path, "")
    write(tmp_path, {"code.py": "2"})
    assert before == dependency_digest(tmp_path, "")

    write(tmp_path, changed)

    assert before != dependency_digest(tmp_path, "")


def test_link_that_leads_nowhere(tmp_path: Path) -> None:
    """A dependency file that is a broken link counts by where it leads."""
    (tmp_path / "setup.py").symlink_to("nowhere")
    before = dependency_digest(tmp_path, "")
    (tmp_path / "setup.py").unlink()
    (tmp_path / "setup.py").symlink_to("elsewhere")

    assert before != dependency_digest(tmp_path, "")


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
