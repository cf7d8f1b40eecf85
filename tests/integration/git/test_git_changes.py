"""The list of changed files: right whatever is configured, and UNKNOWN rather than wrong."""

import os
from pathlib import Path

import pytest

from autopack_git.repository import GitRepository
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangedFilesStatus, ChangeKind
from autopack_model.suite_run.value import Tree
from tests.builders import GitSandbox


def changed(
    path: str,
    kind: ChangeKind,
    added: int | None,
    removed: int | None,
    *,
    old_path: str | None = None,
) -> ChangedFile:
    """A changed file, binary when it has no line counts."""
    return ChangedFile(
        path=path, old_path=old_path, kind=kind, lines_added=added, lines_removed=removed, binary=added is None
    )


LINES = "".join(f"line {number}\n" for number in range(40))


def make_changes(sandbox: GitSandbox) -> None:
    """Commit one change of every kind on top of HEAD."""
    sandbox.commit(
        {
            "mod": "a\nb\n",
            "gone": "unlike\nall\n",
            "old": LINES,
            "pure": LINES * 2,
            "bin": b"\0\1",
            "mode": "m\n",
            "type": "t\n",
        }
    )
    for name in ("gone", "old", "pure", "type"):
        (sandbox.root / name).unlink()
    (sandbox.root / "type").symlink_to("mod")
    (sandbox.root / "mode").chmod(0o755)
    sandbox.write({"mod": "a\nc\nd\n", "new": LINES + "more\n", "moved/pure": LINES * 2, "bin": b"\0\2", "added": "x"})
    sandbox.write({"empty": "", "with\ttab\nand newline": "1\n", "ümlaut": "1\n"})
    sandbox.commit()


EXPECTED = ChangedFiles.of(
    (
        changed("mod", ChangeKind.MODIFIED, 2, 1),
        changed("gone", ChangeKind.DELETED, 0, 2),
        changed("new", ChangeKind.RENAMED, 1, 0, old_path="old"),
        changed("moved/pure", ChangeKind.RENAMED, 0, 0, old_path="pure"),
        changed("bin", ChangeKind.MODIFIED, None, None),
        changed("mode", ChangeKind.MODIFIED, 0, 0),
        changed("type", ChangeKind.TYPE_CHANGED, 1, 1),
        changed("added", ChangeKind.ADDED, 1, 0),
        changed("empty", ChangeKind.ADDED, 0, 0),
        changed("with\ttab\nand newline", ChangeKind.ADDED, 1, 0),
        changed("ümlaut", ChangeKind.ADDED, 1, 0),
    )
)


def test_every_kind_of_change(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Every kind of change is listed with its paths, line counts and whether it is binary."""
    make_changes(sandbox)

    assert EXPECTED == repository.changed_files(repository.resolve("HEAD~"), repository.resolve("HEAD"))


def test_configuration_does_not_matter(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Neither the user's diff settings, nor attributes of the checkout, nor its directory change the list."""
    make_changes(sandbox)
    (sandbox.root / "order").write_text("ümlaut\n")
    for setting, value in {
        "diff.renames": "copies",
        "diff.orderFile": str(sandbox.root / "order"),
        "diff.external": "/bin/false",
        "diff.relative": "true",
        "diff.noprefix": "true",
        "diff.algorithm": "patience",
        "diff.renameLimit": "1",
        "diff.ignoreSubmodules": "all",
        "diff.odd.textconv": "false",
        "diff.odd.command": "/bin/false",
        "core.quotePath": "true",
        "core.worktree": str(sandbox.root),
        "core.attributesFile": str(sandbox.root / "attributes"),
        "color.ui": "always",
    }.items():
        sandbox.git("config", setting, value)
    sandbox.write(
        {".gitattributes": "* diff=odd\nmod binary\n", "attributes": "gone -diff\n", "src/.gitattributes": ""}
    )
    sandbox.git("add", "--all")

    assert EXPECTED == repository.changed_files(repository.resolve("HEAD~"), repository.resolve("HEAD"))


def test_no_change(repository: GitRepository) -> None:
    """A tree does not differ from itself: EMPTY."""
    head = repository.resolve("HEAD")

    assert ChangedFiles.of(()) == repository.changed_files(head, head)


def test_against_nothing(repository: GitRepository) -> None:
    """Without a base every file was added."""
    expected = (changed("README", ChangeKind.ADDED, 1, 0), changed("src/app.py", ChangeKind.ADDED, 8, 0))

    assert expected == repository.changed_files(None, repository.resolve("HEAD")).files


def test_paths_that_are_not_utf8(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Bytes outside UTF-8 are escaped, and a file that is literally called like the escapes is kept beside it."""
    base = repository.resolve("HEAD")
    for name in (b"a\xff", b"a\\xff", b"b\xed\xa0\x80"):
        Path(os.fsdecode(os.fsencode(sandbox.root) + b"/" + name)).write_text("1")
    head = repository.resolve(sandbox.commit())

    paths = [file.path for file in repository.changed_files(base, head).files]

    assert ["a\\xff", "a\\xff\\x00", "b\\xed\\xa0\\x80"] == paths
    assert {"a\\xff", "b\\xed\\xa0\\x80"} < set(repository.tracked_files(head))


def test_swapped_names(sandbox: GitSandbox, repository: GitRepository) -> None:
    """A file may take the old name of another; both are listed."""
    base = repository.resolve(sandbox.commit({"a": LINES}))
    (sandbox.root / "a").rename(sandbox.root / "b")
    head = repository.resolve(sandbox.commit({"a": "unlike\n"}))

    listed = {(file.path, file.kind) for file in repository.changed_files(base, head).files}

    assert listed in (
        {("a", ChangeKind.MODIFIED), ("b", ChangeKind.ADDED)},
        {("a", ChangeKind.ADDED), ("b", ChangeKind.RENAMED)},
    )


def test_many_files(sandbox: GitSandbox, repository: GitRepository) -> None:
    """More renames than are searched for become additions and deletions; none is lost."""
    count = 2100
    entries = {
        side: "".join(f"100644 blob {blob}\t{side}{n}\n" for n in range(count)) for side, blob in _blobs(sandbox)
    }
    trees = [sandbox.git("mktree", stdin=entries[side].encode()) for side in ("x", "y")]
    commits = [
        sandbox.git("commit-tree", "-m", "m", sandbox.git("mktree", stdin=f"040000 tree {tree}\t{name}\n".encode()))
        for tree, name in zip(trees, "xy", strict=True)
    ]

    found = repository.changed_files(repository.resolve(commits[0]), repository.resolve(commits[1]))

    assert 2 * count == len(found.files)
    assert {ChangeKind.ADDED, ChangeKind.DELETED} == {file.kind for file in found.files}


def _blobs(sandbox: GitSandbox) -> list[tuple[str, str]]:
    return [(name, sandbox.git("hash-object", "-w", "--stdin", stdin=(LINES + name).encode())) for name in "xy"]


@pytest.mark.parametrize("absent", ["tree", "blob", "repository"])
def test_unknown_is_not_empty(sandbox: GitSandbox, repository: GitRepository, absent: str) -> None:
    """When an object, or the repository, is gone the list is UNKNOWN and says why."""
    base = repository.resolve("HEAD")
    head = repository.resolve(sandbox.commit({"README": "other\n"}))
    if absent == "tree":
        head = Tree(revision=head.revision, tree="1" * 40)
    elif absent == "blob":
        blob = sandbox.git("rev-parse", "HEAD:README")
        (sandbox.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    else:
        (sandbox.root / ".git").rename(sandbox.root / "elsewhere")

    found = repository.changed_files(base, head)

    assert ChangedFilesStatus.UNKNOWN is found.status
    assert "could not be listed" in found.problem


def test_files_are_searched_in_a_tree(sandbox: GitSandbox, repository: GitRepository) -> None:
    """Lines are searched in the files of a tree, by name, whatever is checked out; what is binary is left out."""
    sandbox.commit(
        {"a.py": "import sys\n", "ä b/c.py": "  import sys\n", "d.txt": "import sys\n", "e.py": b"\0import sys"}
    )
    tree = repository.resolve("HEAD")
    sandbox.commit({"a.py": "", "ä b/c.py": ""})

    assert ("a.py", "ä b/c.py") == repository.files_matching(tree, "^[[:space:]]*import sys", ("*.py",))
    assert () == repository.files_matching(tree, "import os", ("*.py", "*.txt"))
