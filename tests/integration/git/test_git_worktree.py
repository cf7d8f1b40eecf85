"""Worktrees: right, and gone without a trace."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from autopack_git.errors import GitFailed
from autopack_git.removal import remove_directory
from autopack_git.repository import GitRepository
from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.suite_run.value import Tree
from tests.builders import GitSandbox, directory_state


def test_checkout(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A worktree holds the tree that was asked for, detached, and leaves the repository byte-identical."""
    first = repository.resolve("HEAD")
    sandbox.commit({"README": "second\n"})
    sandbox.write({"README": "edited\n"})
    sandbox.git("pack-refs", "--all")
    before = sandbox.state()

    with repository.checkout(first, tmp_path / "work" / "tree"):
        tree = GitSandbox.at(tmp_path / "work" / "tree")
        content, head = (tree.root / "README").read_text(), tree.git("rev-parse", "HEAD")
        status, branch = tree.git("status", "--porcelain"), tree.git("branch", "--show-current")

    assert ("a project\n", first.revision, "", "") == (content, head, status, branch)
    assert before == sandbox.state()
    assert {} == directory_state(tmp_path / "work")


def test_registrations_have_names_of_their_own(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """Worktrees at paths that end alike are registered under names that occur once."""
    head = repository.resolve("HEAD")

    with repository.checkout(head, tmp_path / "one" / "tree"), repository.checkout(head, tmp_path / "two" / "tree"):
        names = sorted(path.name for path in (sandbox.root / ".git" / "worktrees").iterdir())

    assert [True, True] == [name.startswith("tree-autopack-") and len(name) == 30 for name in names]
    assert names[0] != names[1]


def test_other_worktrees_stay(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """The user's worktrees stay registered, also one whose directory is absent at the moment."""
    sandbox.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "theirs"))
    sandbox.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "unplugged"))
    shutil.rmtree(tmp_path / "unplugged")
    before = sandbox.state()

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        pass

    assert before == sandbox.state()


def test_from_a_linked_worktree(sandbox: GitSandbox, state: Path, tmp_path: Path) -> None:
    """When the user's checkout is itself a linked worktree, everything belongs to the shared repository."""
    sandbox.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "linked"))
    linked = GitSandbox.at(tmp_path / "linked")
    commit = linked.commit({"b": "1"})
    repository = GitRepository(linked.root, state=state)
    before = sandbox.state(), linked.state()

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        head = GitSandbox.at(tmp_path / "tree").git("rev-parse", "HEAD")

    assert commit == head
    assert before == (sandbox.state(), linked.state())


def test_linked_worktree_of_a_bare_repository(sandbox: GitSandbox, state: Path, tmp_path: Path) -> None:
    """A checkout made from a bare repository works as any other."""
    bare = GitSandbox.clone(sandbox.root, tmp_path / "bare.git", "--bare")
    bare.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    repository = GitRepository(tmp_path / "linked", state=state)
    before = bare.state()

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        content = (tmp_path / "tree" / "README").read_text()

    assert "a project\n" == content
    assert before == bare.state()


def damage_git_file(tree: Path, _: Path) -> None:
    """Remove the worktree's link to the repository."""
    (tree / ".git").unlink()


def damage_whole_worktree(tree: Path, _: Path) -> None:
    """Remove the worktree."""
    shutil.rmtree(tree)


def damage_registration(_: Path, admin: Path) -> None:
    """Empty the registration."""
    for path in admin.iterdir():
        path.unlink() if path.is_file() else shutil.rmtree(path)


def damage_remove_registration(_: Path, admin: Path) -> None:
    """Remove the registration."""
    shutil.rmtree(admin)


def damage_lock(_: Path, admin: Path) -> None:
    """Lock the registration."""
    (admin / "locked").write_text("mine")


def damage_redirect(tree: Path, admin: Path) -> None:
    """Let the registration claim that it is about the user's checkout."""
    (admin / "gitdir").write_text(f"{admin.parents[2] / 'src' / '.git'}\n")
    (tree / ".git").write_text("gitdir: /nowhere\n")


def damage_read_only(tree: Path, _: Path) -> None:
    """Leave read-only directories and files behind."""
    for name in ("deep/er", "x"):
        (tree / name).mkdir(parents=True)
        (tree / name / "file").write_text("1")
        (tree / name / "file").chmod(0o400)
        (tree / name).chmod(0o500)
    (tree / "deep").chmod(0o000)


def damage_nested(tree: Path, _: Path) -> None:
    """Leave a repository and links that lead outside behind."""
    nested = GitSandbox(tree / "nested")
    nested.commit({"a": "1"})
    (tree / "outside").symlink_to(tree.parent / "outside")


def damage_edits(tree: Path, _: Path) -> None:
    """Leave edits, untracked files and an index lock behind."""
    sandbox = GitSandbox.at(tree)
    sandbox.write({"README": "changed", "new": "1"})
    sandbox.git("rm", "--cached", "--quiet", "src/app.py")
    Path(sandbox.git("rev-parse", "--git-path", "index.lock")).write_text("")


@pytest.mark.parametrize(
    "damage",
    [
        damage_git_file,
        damage_whole_worktree,
        damage_registration,
        damage_remove_registration,
        damage_lock,
        damage_redirect,
        damage_read_only,
        damage_nested,
        damage_edits,
    ],
)
@pytest.mark.parametrize("failing", [False, True])
def test_removed_whatever_happened(
    sandbox: GitSandbox, repository: GitRepository, tmp_path: Path, damage: Callable[[Path, Path], None], failing: bool
) -> None:
    """Whatever a suite did to its worktree, it goes, its registration goes, and nothing else does."""
    (tmp_path / "work" / "outside").mkdir(parents=True)
    (tmp_path / "work" / "outside" / "precious").write_text("1")
    path = tmp_path / "work" / "tree"
    before = sandbox.state()
    outside = directory_state(tmp_path / "work")

    with_error = pytest.raises(KeyboardInterrupt) if failing else nullcontext()
    with with_error, repository.checkout(repository.resolve("HEAD"), path):
        admin = next((sandbox.root / ".git" / "worktrees").iterdir())
        damage(path, admin)
        if failing:
            raise KeyboardInterrupt

    assert before == sandbox.state()
    assert outside == directory_state(tmp_path / "work")


def test_read_only_directories_as_an_ordinary_user(tmp_path: Path) -> None:
    """Read-only and unreadable directories go, for a user whom permissions bind."""
    place = tmp_path / "place"
    (place / "a" / "b").mkdir(parents=True)
    (place / "a" / "b" / "file").write_text("1")
    (place / "a" / "b").chmod(0o500)
    (place / "a").chmod(0o000)
    if os.geteuid() != 0:
        remove_directory(place)
    else:
        for path in (place, place / "a", place / "a" / "b", place / "a" / "b" / "file"):
            os.chown(path, 54321, 54321)
        child = os.fork()
        if child == 0:
            os.chdir(tmp_path)
            os.chown(tmp_path, 54321, 54321)
            os.setuid(54321)
            try:
                remove_directory(Path("place"))
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    assert not place.exists()


def test_something_that_cannot_be_removed(tmp_path: Path) -> None:
    """A directory that stays behind is an error that names it."""
    with pytest.raises(GitFailed, match="/proc/self/fd could not be removed"):
        remove_directory(Path("/proc/self/fd"))


def test_path_that_exists(repository: GitRepository, tmp_path: Path) -> None:
    """A path that is taken is refused, and what is there stays."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "precious").write_text("1")

    with (
        pytest.raises(GitFailed, match="already exists"),
        repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"),
    ):
        pytest.fail("the worktree was made")

    assert ["precious"] == sorted(directory_state(tmp_path / "tree"))


def test_absent_commit(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A commit that is not there makes no worktree and leaves nothing."""
    before = sandbox.state()
    absent = Tree(revision="1" * 40, tree=repository.resolve("HEAD").tree)

    with pytest.raises(GitFailed), repository.checkout(absent, tmp_path / "work" / "tree"):
        pytest.fail("the worktree was made")

    assert before == sandbox.state()
    assert {} == directory_state(tmp_path / "work")


def test_commit_with_another_tree(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A worktree whose tree is not the one that was asked for is refused."""
    first = repository.resolve("HEAD")
    second = repository.resolve(sandbox.commit({"b": "1"}))

    with (
        pytest.raises(GitFailed, match="instead of"),
        repository.checkout(Tree(revision=second.revision, tree=first.tree), tmp_path / "tree"),
    ):
        pytest.fail("the worktree was made")


def test_failing_filter(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A required filter that fails (git-lfs that is not installed, say) is an error with git's words."""
    sandbox.commit({".gitattributes": "*.bin filter=big\n", "a.bin": "pointer"})
    sandbox.git("config", "filter.big.smudge", "no-such-program")
    sandbox.git("config", "filter.big.required", "true")
    before = sandbox.state()

    with (
        pytest.raises(GitFailed, match="smudge filter"),
        repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"),
    ):
        pytest.fail("the worktree was made")

    assert before == sandbox.state()


def test_partial_clone_is_not_completed(sandbox: GitSandbox, state: Path, tmp_path: Path) -> None:
    """Files that a partial clone lacks are an error, never a download; what changed is then UNKNOWN."""
    sandbox.git("config", "uploadpack.allowFilter", "true")
    sandbox.commit({"README": "second\n"})
    clone = GitSandbox.clone(sandbox.root, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    repository = GitRepository(clone.root, state=state)
    before = clone.state()
    base, head = repository.resolve("HEAD~"), repository.resolve("HEAD")

    with pytest.raises(GitFailed, match="partial clone"), repository.checkout(head, tmp_path / "tree"):
        pytest.fail("the worktree was made")

    assert ChangedFilesStatus.UNKNOWN is repository.changed_files(base, head).status
    assert before == clone.state()


def test_sparse_checkout_does_not_thin_the_tree(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """Evidence is about a whole tree, so the user's sparse checkout does not apply to a worktree."""
    sandbox.git("sparse-checkout", "set", "docs")
    before = sandbox.state()

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        present = (tmp_path / "tree" / "src" / "app.py").exists()

    assert (False, True) == ((sandbox.root / "src").exists(), present)
    assert before == sandbox.state()


def test_settings_that_leave_traces(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """Reflogs for everything, automatic garbage collection and relative worktree links leave no trace either."""
    for setting, value in {
        "core.logAllRefUpdates": "always",
        "gc.auto": "1",
        "gc.autoDetach": "false",
        "worktree.useRelativePaths": "true",
        "extensions.worktreeConfig": "true",
        "core.fsmonitor": "true",
        "submodule.recurse": "true",
    }.items():
        sandbox.git("config", setting, value)
    sandbox.commit({"b": "1"})
    before = sandbox.state()

    with repository.checkout(repository.resolve("HEAD"), tmp_path / "tree"):
        pass

    assert before == sandbox.state()


KILLED = """
import os, signal, sys
from pathlib import Path
from autopack_git.repository import GitRepository
repository = GitRepository(Path(sys.argv[1]), state=Path(sys.argv[2]))
with repository.checkout(repository.resolve("HEAD"), Path(sys.argv[3])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


INTERRUPTED = """
import sys
from pathlib import Path
from autopack_git.repository import GitRepository
repository = GitRepository(Path(sys.argv[1]), state=Path(sys.argv[2]))
with repository.checkout(repository.resolve("HEAD"), Path(sys.argv[3])):
    print("made")
"""


def test_interrupt_during_the_checkout(sandbox: GitSandbox, state: Path, tmp_path: Path) -> None:
    """Ctrl-C while git writes the files ends git and its filters, and leaves neither worktree nor registration."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    sandbox.commit({".gitattributes": "*.slow filter=slow\n", "a.slow": "1"})
    sandbox.git("config", "filter.slow.smudge", f"exec 9> '{fifo}'; exec sleep 600")
    before = sandbox.state()
    arguments = [str(sandbox.root), str(state), str(tmp_path / "work" / "tree")]
    executor = subprocess.Popen([sys.executable, "-c", INTERRUPTED, *arguments], stdout=subprocess.PIPE)

    with fifo.open() as started:
        executor.send_signal(signal.SIGINT)
        output, _ = executor.communicate(timeout=120)
        ended = started.read()

    assert (b"", "") == (output, ended)
    assert executor.returncode != 0
    assert before == sandbox.state()
    assert {} == directory_state(tmp_path / "work")


def test_forget_what_a_killed_executor_left(
    sandbox: GitSandbox, repository: GitRepository, state: Path, tmp_path: Path
) -> None:
    """The worktree of an executor that was killed is removed by its path, once or twice, and no lock is left."""
    path = tmp_path / "work" / "tree"
    before = sandbox.state()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(sandbox.root), str(state), str(path)], check=False)
    left = (path / "README").exists(), (sandbox.root / ".git" / "worktrees").exists()

    for _ in range(2):
        repository.forget_worktree(path)

    assert (-signal.SIGKILL, (True, True)) == (killed.returncode, left)
    assert before == sandbox.state()
    assert {} == directory_state(tmp_path / "work")


def test_forget_what_never_reached_its_path(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A worktree whose making was cut off before it got to its path is found by that path."""
    before = sandbox.state()
    sandbox.git("worktree", "add", "--quiet", "--detach", "--no-checkout", str(tmp_path / "tree-autopack-0123"))

    repository.forget_worktree(tmp_path / "tree")

    assert before == sandbox.state()
    assert not (tmp_path / "tree-autopack-0123").exists()


def test_forget_leaves_what_is_no_worktree(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """Directories, and worktrees and checkouts of other repositories, are not the executor's to remove."""
    (tmp_path / "plain").mkdir()
    other = GitSandbox(tmp_path / "other")
    other.commit({"a": "1"})
    other.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))

    for name in ("plain", "other", "linked", "project"):
        repository.forget_worktree(tmp_path / name)

    assert [True] * 4 == [(tmp_path / name).is_dir() for name in ("plain", "other", "linked", "project")]


def test_forget_when_the_link_alone_is_left(sandbox: GitSandbox, repository: GitRepository, tmp_path: Path) -> None:
    """A directory whose registration is gone, but whose link says that it was one of ours, is removed."""
    sandbox.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    shutil.rmtree(sandbox.root / ".git" / "worktrees")

    repository.forget_worktree(tmp_path / "tree")

    assert not (tmp_path / "tree").exists()
