"""Revision expressions, and the base that stands when none was named."""

from pathlib import Path

import pytest

from autopack_git.errors import ShallowHistory, UnbornBranch, UnknownRevision
from autopack_git.repository import GitRepository
from autopack_model.suite_run.value import Tree
from tests.builders import GitSandbox


def test_resolves_commit_and_tree(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A branch, a tag of a tag, a short name and a search all give the commit and its tree."""
    sandbox.git("tag", "--annotate", "--message", "one", "v1")
    sandbox.git("tag", "--annotate", "--message", "two", "v2", "v1")
    commit = sandbox.git("rev-parse", "HEAD")
    expected = Tree(revision=commit, tree=sandbox.git("rev-parse", "HEAD^{tree}"))

    resolved = {repository.resolve(name) for name in ("main", "v2", commit[:8], commit, "HEAD", "@", ":/change")}

    assert {expected} == resolved


@pytest.mark.parametrize(
    "revision",
    [
        "",
        "-",
        "--all",
        "--git-dir",
        "nosuch",
        "HEAD~7",
        "HEAD:README",
        "HEAD^{tree}",
        "^HEAD",
        "a..b",
        "x\ny",
        "a\0b",
        "0" * 40,
        "f" * 40,
    ],
)
def test_unknown_revision(repository: GitRepository, revision: str) -> None:
    """What does not name one commit is refused, options in disguise included."""
    with pytest.raises(UnknownRevision):
        repository.resolve(revision)


@pytest.mark.parametrize("revision", ["HEAD", "@", "HEAD~1", "HEAD^{commit}"])
def test_unborn_branch(tmp_path: Path, state: Path, revision: str) -> None:
    """HEAD of a repository without a commit is an unborn branch, not an unknown revision."""
    sandbox = GitSandbox(tmp_path / "empty")

    with pytest.raises(UnbornBranch, match="no commit"):
        GitRepository(sandbox.root, state=state).resolve(revision)


def test_other_names_on_an_unborn_branch(tmp_path: Path, state: Path) -> None:
    """On an unborn branch, a name that is not about HEAD is still an unknown revision."""
    sandbox = GitSandbox(tmp_path / "empty")

    with pytest.raises(UnknownRevision):
        GitRepository(sandbox.root, state=state).resolve("v1")


def test_shallow_clone_without_the_revision(sandbox: GitSandbox, tmp_path: Path, state: Path) -> None:
    """A commit beyond a shallow clone's history is told apart from a wrong name, and says how to get it."""
    first = sandbox.git("rev-parse", "HEAD")
    sandbox.commit({"b": "1"})
    clone = GitSandbox.clone(sandbox.root, tmp_path / "clone", "--depth=1")
    repository = GitRepository(clone.root, state=state)

    for revision in (first, first[:10], "HEAD~1", "main^"):
        with pytest.raises(ShallowHistory, match=r"git fetch --unshallow.*--deepen"):
            repository.resolve(revision)
    with pytest.raises(UnknownRevision, match="shallow"):
        repository.resolve("nosuch")
    with pytest.raises(ShallowHistory, match="--unshallow"):
        repository.default_base("HEAD")


def test_shallow_clone_without_the_merge_base(sandbox: GitSandbox, tmp_path: Path, state: Path) -> None:
    """A shallow clone that does not reach the merge-base says so instead of finding no common history."""
    sandbox.git("branch", "feature")
    sandbox.commit({"b": "1"})
    sandbox.git("checkout", "--quiet", "feature")
    sandbox.commit({"c": "1"})
    clone = GitSandbox.clone(sandbox.root, tmp_path / "clone", "--depth=1", "--no-single-branch")

    with pytest.raises(ShallowHistory, match="--unshallow"):
        GitRepository(clone.root, state=state).default_base("feature")


def test_default_base_of_a_branch(sandbox: GitSandbox, repository: GitRepository) -> None:
    """The base of a branch is where it left main, for its commits and for uncommitted edits on it."""
    fork = sandbox.git("rev-parse", "HEAD")
    sandbox.git("checkout", "--quiet", "-b", "feature")
    sandbox.commit({"b": "1"})
    sandbox.commit({"b": "2"})
    sandbox.git("checkout", "--quiet", "main")
    sandbox.commit({"c": "1"})

    assert fork == repository.default_base("feature").revision
    assert fork == repository.default_base("feature", uncommitted=True).revision


def test_default_base_on_main(sandbox: GitSandbox, repository: GitRepository) -> None:
    """On main itself the base of a commit is its first parent, and of uncommitted edits the commit."""
    first = sandbox.git("rev-parse", "HEAD")
    second = sandbox.commit({"b": "1"})
    sandbox.commit({"b": "2"})

    assert first == repository.default_base(second).revision
    assert second == repository.default_base("HEAD").revision
    assert second == repository.default_base(second, uncommitted=True).revision


def test_default_base_prefers_the_remote(sandbox: GitSandbox, tmp_path: Path, state: Path) -> None:
    """The target of origin/HEAD counts, also under an unusual name, before a local main that was not pushed."""
    sandbox.git("branch", "--move", "main", "trunk")
    clone = GitSandbox.clone(sandbox.root, tmp_path / "clone")
    pushed = clone.git("rev-parse", "HEAD")
    clone.git("checkout", "--quiet", "-b", "main")
    clone.commit({"b": "1"})
    clone.commit({"b": "2"})

    assert pushed == GitRepository(clone.root, state=state).default_base("HEAD").revision


def test_default_base_without_origin_head(sandbox: GitSandbox, tmp_path: Path, state: Path) -> None:
    """Without origin/HEAD, as some CI leaves it, origin's main counts."""
    clone = GitSandbox.clone(sandbox.root, tmp_path / "clone")
    clone.git("remote", "set-head", "origin", "--delete")
    pushed = clone.git("rev-parse", "HEAD")
    clone.git("checkout", "--quiet", "--detach")
    clone.git("branch", "--delete", "--force", "main")
    clone.commit({"b": "1"})

    assert pushed == GitRepository(clone.root, state=state).default_base("HEAD").revision


def test_default_base_of_configured_name(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A default branch named by init.defaultBranch is found."""
    sandbox.git("branch", "--move", "main", "trunk")
    fork = sandbox.git("rev-parse", "HEAD")
    sandbox.git("checkout", "--quiet", "-b", "feature")
    sandbox.commit({"b": "1"})
    with pytest.raises(UnknownRevision, match=r"no default branch.*--base"):
        repository.default_base("feature")

    sandbox.git("config", "init.defaultBranch", "trunk")

    assert fork == repository.default_base("feature").revision


def test_no_default_base(sandbox: GitSandbox, repository: GitRepository) -> None:
    """The first commit, and a history without relation to main, have no base of their own."""
    with pytest.raises(UnknownRevision, match="first commit"):
        repository.default_base("HEAD")

    sandbox.git("checkout", "--quiet", "--orphan", "island")
    sandbox.commit({"b": "1"})

    with pytest.raises(UnknownRevision, match="no common history"):
        repository.default_base("island")


def test_replaced_objects_do_not_count(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A replacement in the clone does not change what a commit's name stands for."""
    first = sandbox.git("rev-parse", "HEAD")
    tree = sandbox.git("rev-parse", "HEAD^{tree}")
    second = sandbox.commit({"b": "1"})
    sandbox.git("replace", first, second)

    assert Tree(revision=first, tree=tree) == repository.resolve(first)


def test_sha256_repository(tmp_path: Path, state: Path) -> None:
    """A repository with SHA-256 object names works from base to checkout."""
    sandbox = GitSandbox(tmp_path / "modern", "--object-format=sha256")
    first = sandbox.commit({"a": "1"})
    sandbox.commit({"a": "2"})
    repository = GitRepository(sandbox.root, state=state)

    with repository.checkout(repository.default_base("HEAD"), tmp_path / "tree"):
        content = (tmp_path / "tree" / "a").read_text()

    assert (64, "1") == (len(first), content)
    assert 1 == len(repository.changed_files(None, repository.resolve("HEAD")).files)
