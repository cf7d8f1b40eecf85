"""What a tree holds at a path, without checking it out."""

import os

from autopack_git.command import Git
from autopack_git.entry_kind import EntryKind
from autopack_git.errors import GitFailed
from autopack_git.paths import fields
from autopack_model.suite_run.value import Tree

_KINDS = {b"100644": EntryKind.FILE, b"100755": EntryKind.FILE, b"120000": EntryKind.LINK, b"040000": EntryKind.FOLDER}


def kind_at(git: Git, tree: Tree, path: str) -> EntryKind | None:
    """What ``tree`` holds at ``path``, which no link leads to; None for nothing. Raises GitFailed."""
    found = _entry(git, tree, path)
    return None if found is None else found[0]


def content_at(git: Git, tree: Tree, path: str) -> bytes:
    """The content of the file at ``path``. Raises GitFailed, also where there is no file."""
    found = _entry(git, tree, path)
    if found is None or found[0] is not EntryKind.FILE:
        raise GitFailed(f"{tree.revision[:12]} holds no file {path}", subject=path)
    return git.run("cat-file", "blob", found[1]).stdout


def _entry(git: Git, tree: Tree, path: str) -> tuple[EntryKind, str] | None:
    listed = git.run("ls-tree", "-z", "--full-tree", tree.tree, "--", path)
    for entry in fields(listed.stdout):
        header, _, name = entry.partition(b"\t")
        if name == os.fsencode(path):
            mode, _, digest = header.split(b" ")
            return _KINDS.get(mode, EntryKind.SUBMODULE), digest.decode()
    return None
