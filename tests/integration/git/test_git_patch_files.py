"""The files of a patch, as git reads it without a repository."""

from pathlib import Path

import pytest

from autopack_git.errors import PatchUnreadable
from autopack_git.patch_files import patch_files
from autopack_model.changed_files.value import ChangedFile, ChangeKind
from tests.builders import GitSandbox

HUNK = "@@ -1 +1,2 @@\n-a\n+b\n+c\n"
LINES = "".join(f"line {number}\n" for number in range(30))


def _file(
    path: str,
    kind: ChangeKind = ChangeKind.MODIFIED,
    *,
    old_path: str | None = None,
    lines: tuple[int, int] | None = (0, 0),
) -> ChangedFile:
    added, removed = lines or (None, None)
    return ChangedFile(
        path=path, old_path=old_path, kind=kind, lines_added=added, lines_removed=removed, binary=lines is None
    )


def _read(patch: str | bytes) -> tuple[ChangedFile, ...]:
    return patch_files(patch.encode() if isinstance(patch, str) else patch)


def test_every_kind_of_change(tmp_path: Path) -> None:
    """Added, modified, deleted, renamed, copied, retyped, binary and mode-only changes are told apart, with their
    lines, whatever their names look like.
    """
    sandbox = GitSandbox(tmp_path)
    sandbox.commit(
        {
            "src/a.py": LINES,
            "src/deep/c.py": LINES + "c\n",
            "gone": "first\nsecond\n",
            "link": "1\n",
            "run.sh": "run\n",
            "source of copy": LINES + "copy\n",
            "binary": b"\0\1",
            "a => b": "1\n",
            "{x => y}": "1\n",
            "grüße.txt": "1\n",
        }
    )
    sandbox.git("mv", "src/a.py", "src/b.py")
    sandbox.git("mv", "src/deep/c.py", "c => d.py")
    sandbox.git("rm", "--quiet", "gone", "link")
    sandbox.write(
        {
            "src/b.py": LINES + "more\n",
            "new.py": "1\n2\n3\n",
            "new => name": "fresh\n",
            "copy": LINES + "copy\n",
            "source of copy": LINES + "copied\n",
            "binary": b"\0\2",
            "a => b": "2\n",
            "{x => y}": "2\n2\n",
            "grüße.txt": "2\n",
        }
    )
    (tmp_path / "link").symlink_to("run.sh")
    (tmp_path / "run.sh").chmod(0o755)
    sandbox.git("add", "--all")
    patch = sandbox.git_bytes("diff", "--cached", "--binary", "--find-copies-harder", "HEAD")

    assert (
        _file("a => b", lines=(1, 1)),
        _file("binary", lines=None),
        _file("c => d.py", ChangeKind.RENAMED, old_path="src/deep/c.py"),
        _file("copy", ChangeKind.COPIED, old_path="source of copy"),
        _file("gone", ChangeKind.DELETED, lines=(0, 2)),
        _file("grüße.txt", lines=(1, 1)),
        _file("link", ChangeKind.TYPE_CHANGED, lines=(1, 1)),
        _file("new => name", ChangeKind.ADDED, lines=(1, 0)),
        _file("new.py", ChangeKind.ADDED, lines=(3, 0)),
        _file("run.sh"),
        _file("source of copy", lines=(1, 1)),
        _file("src/b.py", ChangeKind.RENAMED, old_path="src/a.py", lines=(1, 0)),
        _file("{x => y}", lines=(2, 1)),
    ) == _read(patch)


def test_a_plain_unified_diff_is_a_patch() -> None:
    """A patch needs no header of git's, and may stand between words."""
    assert (_file("x", lines=(2, 1)),) == _read(f"Here it is:\n\n--- a/x\n+++ b/x\n{HUNK}")
    added = _read("--- /dev/null\n+++ b/a b\n@@ -0,0 +1 @@\n+a\n")
    assert (_file("a b", ChangeKind.ADDED, lines=(1, 0)),) == added
    removed = _read("--- a/a b\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")
    assert (_file("a b", ChangeKind.DELETED, lines=(0, 1)),) == removed


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ("I changed it.", "No valid patches"),
        ("--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n", "corrupt patch"),
        (f"--- a/x\n+++ b/x\n{HUNK}" * 2, "more than once"),
        (f"--- a/../x\n+++ b/../x\n{HUNK}", r"\.\."),
        (f"--- a//etc/passwd\n+++ b//etc/passwd\n{HUNK}", "absolute"),
        (f'--- "a/x\\ny"\n+++ "b/x\\ny"\n{HUNK}', "line break"),
        (
            'diff --git "a/x\\ny" b/z\nsimilarity index 100%\nrename from "x\\ny"\nrename to z\n',
            "git says ' rename x'",
        ),
        (
            # The old name of z reads, in the summary, as if z were renamed from q and the next file were new.
            'diff --git "a/q => z (100%)\\n create mode 100644 other" b/z\nsimilarity index 100%\n'
            'rename from "q => z (100%)\\n create mode 100644 other"\nrename to z\n'
            'diff --git "a/other => z (100%)" "b/other => z (100%)"\n'
            f"--- a/other => z (100%)\n+++ b/other => z (100%)\n{HUNK}",
            "line break",
        ),
    ],
    ids=["prose", "corrupt", "twice", "above", "absolute", "line break", "old line break", "forged line"],
)
def test_what_is_not_clear_is_refused(patch: str, why: str) -> None:
    """What git does not take, or says nothing unambiguous of, is refused with the reason."""
    with pytest.raises(PatchUnreadable, match=why):
        _read(patch)


def test_the_place_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is the same inside a folder of a repository with a configuration and attributes of its own."""
    sandbox = GitSandbox(tmp_path / "repository")
    sandbox.commit({".gitattributes": "* -diff binary\n", "folder/x": "a\n"})
    sandbox.git("config", "apply.whitespace", "error-all")
    monkeypatch.chdir(tmp_path / "repository" / "folder")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "repository" / ".git"))

    assert (_file("x", lines=(2, 1)),) == _read("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b \n+c \n")
    assert (_file("folder/x", lines=(2, 1)),) == _read(f"--- a/folder/x\n+++ b/folder/x\n{HUNK}")
