"""What a worktree holds, and doing to one what a setup command did to another."""

from pathlib import Path

from autopack_executor.workspace.worktree_content import WorktreeChanges, content, digest, paths_below, restore, save


def tree(root: Path) -> Path:
    """A small worktree."""
    (root / "pkg/__pycache__").mkdir(parents=True)
    (root / ".git").mkdir()
    for name in (".git/HEAD", "a.py", "pkg/b.py", "pkg/__pycache__/b.pyc"):
        (root / name).write_text(name)
    (root / "link").symlink_to("pkg")
    return root


def test_paths(tmp_path: Path) -> None:
    """Files and links are listed, sorted; git's own and caches are not; a linked directory is not entered."""
    assert ["a.py", "link", "pkg/b.py"] == paths_below(tree(tmp_path))


def test_digest(tmp_path: Path) -> None:
    """Equal trees have one digest; content, mode, name and target of a link each change it."""
    one, two = content(tree(tmp_path / "one")), content(tree(tmp_path / "two"))
    assert digest(one) == digest(two)

    seen = {digest(two)}
    root = tmp_path / "two"
    (root / "a.py").write_text("other")
    seen.add(digest(content(root)))
    (root / "a.py").chmod(0o755)
    seen.add(digest(content(root)))
    (root / "a.py").rename(root / "c.py")
    seen.add(digest(content(root)))
    (root / "link").unlink()
    (root / "link").symlink_to("a.py")
    seen.add(digest(content(root)))

    assert 5 == len(seen)


def test_changes_are_restored(tmp_path: Path) -> None:
    """What was written, changed and deleted in one worktree is so in another, modes and links included."""
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    before = content(one)
    (one / "new").mkdir()
    (one / "new/tool").write_text("made")
    (one / "new/tool").chmod(0o755)
    (one / "pkg/b.py").write_text("changed")
    (one / "a.py").unlink()
    (one / "link").unlink()
    (one / "link").symlink_to("new")

    changes = WorktreeChanges.between(before, content(one))
    save(changes, one, tmp_path / "store")
    restore(changes, tmp_path / "store", two)

    assert WorktreeChanges(written=("link", "new/tool", "pkg/b.py"), deleted=("a.py",)) == changes
    assert content(one) == content(two)
