"""What the tests of autopack_git share."""

from pathlib import Path

import pytest

from autopack_git.repository import GitRepository
from tests.builders import GitSandbox


@pytest.fixture(autouse=True)
def _no_user_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture
def sandbox(tmp_path: Path) -> GitSandbox:
    """A repository with one commit on main."""
    sandbox = GitSandbox(tmp_path / "project")
    sandbox.commit({"README": "a project\n", "src/app.py": "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"})
    return sandbox


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory, not made yet."""
    return tmp_path / "state"


@pytest.fixture
def repository(sandbox: GitSandbox, state: Path) -> GitRepository:
    """The repository of ``sandbox`` as the executor sees it."""
    return GitRepository(sandbox.root, state=state)
