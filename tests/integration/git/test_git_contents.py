"""What the files of a tree hold, read without a checkout."""

from autopack_git.repository import GitRepository
from tests.builders import GitSandbox


def test_the_files_of_a_tree_are_read_from_its_objects(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Files come back whole, whatever their names and bytes; links, folders and what is not there are left out."""
    held = {"a[*]?.py": b"one\n\n", "sub/ä b.py": b"", "-x.py": b"\xff\x00 100644 blob\n", ":(top)y.py": b"y"}
    for path, content in held.items():
        (sandbox.root / path).parent.mkdir(exist_ok=True)
        (sandbox.root / path).write_bytes(content)
    (sandbox.root / "link.py").symlink_to("-x.py")
    sandbox.commit({"last": ""})
    (sandbox.root / "-x.py").write_bytes(b"changed since")
    tree = repository.resolve("main")

    assert held == repository.contents(tree, [*held, "link.py", "sub", "missing.py", "new\nline"], most=100)
    assert {} == repository.contents(tree, [], most=0)


def test_more_than_was_asked_for_is_not_read(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Files that are too large together are none at all."""
    sandbox.commit({"a.py": "12345", "b.py": "12345"})
    tree = repository.resolve("main")

    assert None is repository.contents(tree, ["a.py", "b.py"], most=9)
    assert {"a.py", "b.py"} == (repository.contents(tree, ["a.py", "b.py"], most=10) or {}).keys()


def test_python_files_that_hold_a_word_are_found(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Only the Python files of the tree count, and none is no error."""
    sandbox.commit({"a.py": "autouse=True", "sub/b.py": "# autouse", "c.txt": "autouse", "d.py": "auto"})
    tree = repository.resolve("main")

    assert ("a.py", "sub/b.py") == repository.files_holding(tree, "autouse")
    assert () == repository.files_holding(tree, "no such word")
