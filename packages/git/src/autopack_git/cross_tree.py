"""The cross tree: that of a candidate with some files as they are on its base."""

from collections.abc import Iterable
from pathlib import Path

from autopack_git.candidate import commit_tree
from autopack_git.command import Git
from autopack_git.errors import GitFailed
from autopack_git.layout import Layout
from autopack_git.paths import fields, text_of
from autopack_git.scratch import scratch_directory
from autopack_model.suite_run.value import Tree


def make_cross_tree(layout: Layout, state: Path, base: Tree, head: Tree, paths: Iterable[str]) -> Tree:
    """``head`` with the files ``paths`` as they are on ``base``: restored where they were changed or deleted, gone
    where they were added. It is a commit on ``head``, which nothing keeps. Raises GitFailed.
    """
    with scratch_directory(state) as scratch:
        git = Git(directory=layout.root, variables={"GIT_INDEX_FILE": str(scratch / "index")})
        on_base, on_head = (_entries(git, tree) for tree in (base, head))
        wanted = set(paths)
        if unknown := sorted(wanted - on_base.keys() - on_head.keys()):
            raise GitFailed(f"neither base nor head has a file {unknown[0]!r}", subject=unknown[0])
        git.run("read-tree", head.tree)
        # All of them go first, so that a file can be where head has a folder.
        gone = [b"0 %s\t%s" % (b"0" * len(head.tree), on_head[path][1]) for path in wanted & on_head.keys()]
        _update(git, gone)
        _update(git, [on_base[path][0] for path in wanted & on_base.keys()])
        tree = git.run("write-tree").line
    return commit_tree(layout, tree, head, "The candidate's code with base's tests\n")


def _entries(git: Git, tree: Tree) -> dict[str, tuple[bytes, bytes]]:
    """Each file of ``tree`` by its path as text: its entry as ``update-index`` reads it, and its path as git has it."""
    found = fields(git.run("ls-tree", "-r", "-z", "--full-tree", tree.tree).stdout)
    paths = ((entry, entry.partition(b"\t")[2]) for entry in found)
    return {text_of(path): (entry, path) for entry, path in paths}


def _update(git: Git, entries: list[bytes]) -> None:
    if entries:
        git.run("update-index", "-z", "--replace", "--index-info", stdin=b"".join(entry + b"\0" for entry in entries))
