"""Which repository a path belongs to, and what is refused."""

import os
import select
from pathlib import Path

import pytest

from autopack_executor.gate.ports.sources import Repository
from autopack_git.command import Git
from autopack_git.errors import BareRepository, GitFailed, NotARepository
from autopack_git.repository import GitRepository
from autopack_model.errors import BadRequest
from tests.builders import GitSandbox


def test_found_from_a_subdirectory(sandbox: GitSandbox, state: Path) -> None:
    """The repository is found from any directory or file of its checkout."""
    expected = sandbox.root.resolve()

    roots = [GitRepository(sandbox.root / part, state=state).root for part in ("", "src", "src/app.py")]

    assert [expected] * 3 == roots


def test_satisfies_the_port(repository: GitRepository) -> None:
    """A GitRepository is a Repository, for the type checker too."""
    port: Repository = repository

    assert repository.root == port.root


def test_root_with_odd_characters(tmp_path: Path, state: Path) -> None:
    """A checkout whose path holds a newline, spaces and a non-ASCII letter is found as it is called."""
    sandbox = GitSandbox(tmp_path / "a b\nç\n")
    sandbox.commit({"a": "1"})

    assert sandbox.root.resolve() == GitRepository(sandbox.root, state=state).root


@pytest.mark.parametrize("name", ["", "file", "absent", "absent/deeper"])
def test_not_a_repository(tmp_path: Path, state: Path, name: str) -> None:
    """What is outside a repository, or does not exist, is refused by its path."""
    (tmp_path / "file").write_text("")

    with pytest.raises(NotARepository, match="give a directory inside a git checkout"):
        GitRepository(tmp_path / name, state=state)


def test_bare_repository(tmp_path: Path, state: Path) -> None:
    """A bare repository is refused with a way out."""
    bare = GitSandbox(tmp_path / "bare.git", "--bare")

    with pytest.raises(BareRepository, match="git worktree add"):
        GitRepository(bare.root, state=state)


def test_inside_the_git_directory(sandbox: GitSandbox, state: Path) -> None:
    """The git directory itself is not a checkout."""
    with pytest.raises(NotARepository, match="inside a git directory"):
        GitRepository(sandbox.root / ".git" / "refs", state=state)


def test_environment_cannot_redirect(
    sandbox: GitSandbox, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIT_DIR, GIT_WORK_TREE and GIT_INDEX_FILE of the caller, as in a hook, do not lead to another repository."""
    other = GitSandbox(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))

    repository = GitRepository(sandbox.root, state=state)

    assert sandbox.root.resolve() == repository.root
    assert sandbox.git("rev-parse", "HEAD") == repository.resolve("HEAD").revision


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
def test_owned_by_another_user(sandbox: GitSandbox, state: Path) -> None:
    """A repository of another user is refused with the setting that trusts it."""
    for path in (sandbox.root, sandbox.root / ".git"):
        os.chown(path, 54321, 54321)

    with pytest.raises(BadRequest, match=r"safe\.directory"):
        GitRepository(sandbox.root, state=state)


def test_no_git_program(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git is told what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitFailed, match=r"install git 2\.34"):
        GitRepository(tmp_path, state=state)


def test_time_out_ends_git_and_its_children(sandbox: GitSandbox, tmp_path: Path) -> None:
    """A git command beyond its time-out is killed with the filters it started, and says which it was."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    sandbox.git("config", "filter.slow.clean", f"exec 9> '{fifo}'; echo started >&9; exec sleep 600")
    sandbox.write({".gitattributes": "*.slow filter=slow\n", "a.slow": "1"})
    git = Git(directory=sandbox.root, timeout_s=3)

    with pytest.raises(GitFailed, match=r"hash-object.*did not end within 3 s"):
        git.run("hash-object", "--path", "a.slow", "a.slow")

    said = os.read(reader, 100)
    ended = select.select([reader], [], [], 60)[0]
    os.close(reader)
    assert (b"started\n", [reader]) == (said, ended)
