"""Mixed trees: the code of one side with the tests of the other."""

import pytest

from autopack_git.errors import GitFailed
from autopack_git.repository import GitRepository
from autopack_model.suite_run.value import Tree
from tests.builders import GitSandbox


def held(repository: GitRepository, tree: Tree) -> dict[str, bytes]:
    """The files of a tree."""
    return repository.contents(tree, repository.tracked_files(tree), most=10_000) or {}


def test_files_are_as_on_base(sandbox: GitSandbox, repository: GitRepository) -> None:
    """What was changed or deleted is restored, what was added is gone, everything else is head's."""
    sandbox.commit({"shop.py": "1", "tests/test_a.py": "a", "tests/test_b.py": "b", "tests/ä x.txt": "x"})
    base = repository.resolve("HEAD")
    (sandbox.root / "tests/test_b.py").unlink()
    sandbox.commit({"shop.py": "2", "tests/test_a.py": "changed", "tests/test_new.py": "n", "tests/ä x.txt": "y"})
    head = repository.resolve("HEAD")
    paths = ("tests/test_a.py", "tests/test_b.py", "tests/test_new.py", "tests/ä x.txt")

    cross = repository.mixed_tree(tests=base, code=head, paths=paths)

    expected = held(repository, base) | {"shop.py": b"2"}
    assert expected == held(repository, cross)
    assert head == repository.resolve("HEAD")
    assert "" == sandbox.git("status", "--porcelain")
    assert cross == repository.mixed_tree(tests=base, code=head, paths=reversed(paths))


def test_both_ways_mix_what_the_other_leaves(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Base's code with the candidate's tests has the tests that were added, and not those that were deleted."""
    sandbox.commit({"shop.py": "1", "tests/test_a.py": "a", "tests/test_b.py": "b"})
    base = repository.resolve("HEAD")
    (sandbox.root / "tests/test_b.py").unlink()
    sandbox.commit({"shop.py": "2", "tests/test_new.py": "n"})
    head = repository.resolve("HEAD")

    reverse = repository.mixed_tree(tests=head, code=base, paths=("tests/test_b.py", "tests/test_new.py"))

    assert held(repository, head) | {"shop.py": b"1"} == held(repository, reverse)


def test_a_file_takes_the_place_of_a_folder(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A test file that became a folder of files is one file again."""
    sandbox.commit({"test_a": "file"})
    base = repository.resolve("HEAD")
    (sandbox.root / "test_a").unlink()
    sandbox.commit({"test_a/one.py": "1", "test_a/two.py": "2"})
    head = repository.resolve("HEAD")

    cross = repository.mixed_tree(tests=base, code=head, paths=("test_a", "test_a/one.py", "test_a/two.py"))

    assert held(repository, base) == held(repository, cross)


def test_links_and_modes_are_restored(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A link stays a link, and a file that could be run can be run."""
    (sandbox.root / "conftest.py").symlink_to("real.py")
    (sandbox.root / "run").write_text("run")
    (sandbox.root / "run").chmod(0o755)
    sandbox.commit({"real.py": "1"})
    base = repository.resolve("HEAD")
    (sandbox.root / "conftest.py").unlink()
    (sandbox.root / "run").chmod(0o644)
    sandbox.commit({"conftest.py": "2"})

    cross = repository.mixed_tree(tests=base, code=repository.resolve("HEAD"), paths=("conftest.py", "run"))

    assert base.tree == cross.tree


def test_a_file_that_nobody_has_is_refused(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A path that is in neither tree was misunderstood, and nothing is made of it."""
    tree = repository.resolve("HEAD")

    with pytest.raises(GitFailed, match=r"neither side has a file 'gone.py'"):
        repository.mixed_tree(tests=tree, code=tree, paths=("gone.py",))
