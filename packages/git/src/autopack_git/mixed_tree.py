"""A mixed tree: the code of one side with the tests of the other."""

from collections.abc import Iterable
from pathlib import Path

from autopack_git.candidate import commit_tree
from autopack_git.command import Git
from autopack_git.errors import GitFailed
from autopack_git.layout import Layout
from autopack_git.paths import fields, text_of
from autopack_git.scratch import scratch_directory
from autopack_model.suite_run.value import Tree


def make_mixed_tree(layout: Layout, state: Path, *, tests: Tree, code: Tree, paths: Iterable[str]) -> Tree:
    """``code`` with the files ``paths`` as they are in ``tests``: put in their place where they are others or missing,
    gone where ``tests`` does not have them. It is a commit on ``code``, which nothing keeps. Raises GitFailed.
    """
    with scratch_directory(state) as scratch:
        git = Git(directory=layout.root, variables={"GIT_INDEX_FILE": str(scratch / "index")})
        wanted, there = (_entries(git, tree) for tree in (tests, code))
        mixed = set(paths)
        if unknown := sorted(mixed - wanted.keys() - there.keys()):
            raise GitFailed(f"neither side has a file {unknown[0]!r}", subject=unknown[0])
        git.run("read-tree", code.tree)
        # All of them go first, so that a file can be where the other tree has a folder.
        gone = [b"0 %s\t%s" % (b"0" * len(code.tree), there[path][1]) for path in mixed & there.keys()]
        _update(git, gone)
        _update(git, [wanted[path][0] for path in mixed & wanted.keys()])
        tree = git.run("write-tree").line
    return commit_tree(layout, tree, code, "The code of one side with the tests of the other\n")


def _entries(git: Git, tree: Tree) -> dict[str, tuple[bytes, bytes]]:
    """Each file of ``tree`` by its path as text: its entry as ``update-index`` reads it, and its path as git has it."""
    found = fields(git.run("ls-tree", "-r", "-z", "--full-tree", tree.tree).stdout)
    paths = ((entry, entry.partition(b"\t")[2]) for entry in found)
    return {text_of(path): (entry, path) for entry, path in paths}


def _update(git: Git, entries: list[bytes]) -> None:
    if entries:
        git.run("update-index", "-z", "--replace", "--index-info", stdin=b"".join(entry + b"\0" for entry in entries))
