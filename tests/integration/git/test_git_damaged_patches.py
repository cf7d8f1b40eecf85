"""Patches that cannot be applied whole are refused, with the line, the cause and a cure that fits it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autopack_git.errors import PatchDamaged, PatchDoesNotApply
from autopack_git.repository import GitRepository
from autopack_model.errors import BadRequest
from autopack_model.identity.value import AttemptRef
from autopack_model.run.value import PatchFix
from tests.integration.git.patch_scene import NEW, Scene

ATTEMPT = AttemptRef(run_id="r1", phase="gate", attempt=1)
HUNK = "@@ -58,3 +58,4 @@\n line_58 = 58\n line_59 = 59\n line_60 = 60\n+appended = 1\n"
PLAIN = f"--- a/src/app.py\n+++ b/src/app.py\n{HUNK}"
MORE = "--- /dev/null\n+++ b/tests/test_more.py\n@@ -0,0 +1,2 @@\n+def test_fine():\n+    pass\n"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The repository, which the tests only read."""
    return Scene(tmp_path_factory.mktemp("scene") / "project")


def refusal(scene: Scene, patch: bytes, state: Path, *, fix: bool = False) -> BadRequest:
    """The error with which the patch is refused."""
    repository = GitRepository(scene.sandbox.root, state=state)
    with pytest.raises((PatchDamaged, PatchDoesNotApply)) as caught:
        repository.apply_patch(patch, repository.resolve("main"), ATTEMPT, fix=fix)
    assert "" == scene.sandbox.git("for-each-ref", "refs/heads/autopack")
    return caught.value


def app(scene: Scene, *options: str, config: tuple[str, ...] = ()) -> bytes:
    """The patch of the one file src/app.py, which has two hunks."""
    return scene.diff(*options, paths=("src/app.py",), config=config)


def relative(scene: Scene) -> bytes:
    """A patch made inside of the folder src."""
    return scene.sandbox.git_bytes("-C", "src", "diff", "--relative", "main", "head", "--", "app.py")


def without(patch: bytes, pattern: bytes) -> bytes:
    """The patch without the lines that match."""
    return b"".join(line for line in patch.splitlines(keepends=True) if not re.match(pattern, line))


def mail(scene: Scene, *options: str) -> bytes:
    """What format-patch writes of the series."""
    return scene.sandbox.git_bytes("format-patch", "--stdout", *options, "main..series")


END = "\\ No newline at end of file\n"
EDIT = "--- a/src/app.py\n+++ b/src/app.py\n@@ -1,3 +1,3 @@\n line_1 = 1\n-line_2 = 2\n+line_2 = 0\n line_3 = 3\n"
RENAME = "diff --git a/src/app.py b/src/{0}\nsimilarity index 100%\nrename from src/app.py\nrename to src/{0}\n".format
MODES = "old mode 100644\nnew mode 100755\n"
MAIL = f"From {'a' * 40} Mon Sep 17 00:00:00 2001\nFrom: Ada <ada@example.org>\nSubject: [PATCH] x\n\n---\n"


DAMAGED: dict[str, tuple[Callable[[Scene], bytes], str]] = {
    "last newline stripped": (lambda s: app(s).rstrip(), "cut off"),
    "cut in a line": (lambda s: app(s)[:-9], "cut off"),
    "cut in a hunk": (lambda s: without(app(s), rb"\+line_x"), "cut off: the hunk in line 13"),
    "cut between hunks": (lambda s: app(s)[: app(s).index(b"@@ -47")], "not whole.*index"),
    "first hunk lost": (
        lambda s: app(s)[: app(s).index(b"@@ ")] + app(s)[app(s).index(b"@@ -47") :],
        "not whole|not where its header says",
    ),
    "head lost": (lambda s: app(s)[app(s).index(b"@@ ") :], "belongs to no file"),
    "names lost": (lambda s: without(app(s), rb"(---|\+\+\+) "), "stand before the hunk"),
    "end of a file without newline lost": (
        lambda s: s.diff(paths=("without end",)).replace(b"\\ No newline at end of file\n", b""),
        "not whole",
    ),
    "binary cut": (lambda s: s.diff(paths=("data.bin",))[:200] + b"\n", "binary content|cut off"),
    "binary without content": (
        lambda s: s.sandbox.git_bytes("diff", "main", "head", "--", "data.bin"),
        "binary file differs.*--binary",
    ),
    "new file without content": (
        lambda s: s.diff(paths=("tests/test_new.py",)).partition(b"---")[0],
        "cut off: no content",
    ),
    "no hunk": (lambda s: s.diff(paths=("tests/test_new.py",)).partition(b"@@")[0], "cut off: no hunk"),
    "rename half": (
        lambda s: without(s.diff("-M", paths=("moved.txt", "src/moved.txt")), rb"rename to"),
        "lacks a name",
    ),
    "no prefix": (lambda s: s.diff("--no-prefix"), "no prefix.*noprefix"),
    "no prefix by configuration": (lambda s: app(s, config=("diff.noprefix=true",)), "no prefix"),
    "one prefix twice": (lambda s: app(s, "--src-prefix=a/", "--dst-prefix=a/"), "no prefix"),
    "svn": (
        lambda _: (
            f"Index: src/app.py\n=====\n--- src/app.py\t(revision 1)\n+++ src/app.py\t(working copy)\n{HUNK}".encode()
        ),
        "no prefix",
    ),
    "diff with /dev/null": (lambda _: MORE.replace("b/", "").encode(), "no prefix"),
    "coloured": (lambda s: app(s, "--color=always"), "coloured.*--no-color"),
    "words": (lambda s: app(s, "--word-diff"), "damaged|belongs to"),
    "prose before": (lambda s: b"Here is the patch:\n\n" + app(s), "line 1 is text before.*Here is"),
    "prose behind": (lambda s: app(s) + b"\nI hope that helps.\n", "is text behind.*I hope"),
    "Markdown": (lambda s: b"```diff\n" + app(s) + b"```\n", "line 1 is a fence"),
    "a fence behind": (lambda s: app(s) + b"```\n", "is a fence"),
    "quoted": (lambda s: re.sub(rb"(?m)^", b"> ", app(s)), "quoted or indented"),
    "indented": (lambda s: re.sub(rb"(?m)^", b"    ", app(s)), "quoted or indented"),
    "a graph": (
        lambda s: s.sandbox.git_bytes("log", "--graph", "-p", "-1", "head"),
        "text before the first diff|quoted",
    ),
    "a saved mail": (lambda s: b"From ada@example.org Mon Nov 28 2026\nSubject: x\n\n" + app(s), "line 1 is of a mail"),
    "attached": (lambda s: mail(s, "--attach"), "attached.*--no-attach"),
    "encoded": (
        lambda s: mail(s).replace(b"Content-Transfer-Encoding: 8bit", b"Content-Transfer-Encoding: quoted-printable"),
        "encoded",
    ),
    "series without its last": (lambda s: mail(s)[: mail(s).rindex(b"\nFrom ") + 1], "series of 3 patches"),
    "series without its second": (
        lambda s: mail(s)[: mail(s).index(b"\nFrom ") + 1] + mail(s)[mail(s).rindex(b"\nFrom ") + 1 :],
        "series of 3 patches",
    ),
    "a mail without its diff": (lambda s: mail(s)[: mail(s).rindex(b"diff --git")], "cut off: no diff follows"),
    "a diffstat of more": (
        lambda s: s.sandbox.git_bytes("format-patch", "--stdout", "-1", "series~1").partition(b"diff --git a/tests")[0],
        "counts 2 files",
    ),
    "the newest first": (lambda s: s.sandbox.git_bytes("log", "-p", "main..series"), "does not apply"),
    "a merge": (
        lambda _: b"diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n  x\n",
        "diff of a merge",
    ),
    "context diff": (lambda _: b"*** a/x\n--- b/x\n***************\n*** 1 ****\n! a\n", "context diff"),
    "a file left out": (lambda _: f"Only in new: x\n{PLAIN}".encode(), "leaves a new or deleted file out.*-ruN"),
    "a submodule in words": (lambda s: app(s) + b"Submodule lib 1234567..89abcde:\n", "submodule in words"),
    "a longer hunk": (
        lambda _: (MORE + "+\n+def test_wrong():\n+    assert False\n").encode(),
        "line 6 belongs to the hunk in line 3.*--patch-fix",
    ),
    "a longer hunk behind a blank line": (
        lambda _: (MORE + "\n+def test_wrong():\n+    assert False\n").encode(),
        "belongs to a hunk",
    ),
    "a shorter hunk": (lambda _: (MORE.replace("1,2", "1,5") + PLAIN).encode(), "fewer lines|counts wrong|damaged"),
    "a header without counts": (lambda _: PLAIN.replace("@@ -58,3 +58,4 @@", "@@").encode(), "no header of a hunk"),
    "an edit and then a rename": (lambda _: (EDIT + RENAME("b.py")).encode(), "another diff changes or renames"),
    "two renames of one file": (
        lambda _: (RENAME("b.py") + RENAME("c.py")).encode(),
        "another diff changes or renames",
    ),
    "a file ends within": (lambda _: EDIT.replace("= 0\n", f"= 0\n{END}").encode(), "a missing newline is not at"),
    "a file ends before its end": (lambda _: (EDIT + END).encode(), "a missing newline is not at"),
    "a new file ends within": (
        lambda _: MORE.replace("one():\n", "").replace("():\n", f"():\n{END}").encode(),
        "a missing newline is not at",
    ),
    "one of two modes lost": (
        lambda _: f"diff --git a/src/app.py b/src/app.py\nold mode 100644\n{EDIT}".encode(),
        "one of the two modes",
    ),
    "the header of a mail's first diff lost": (
        lambda _: (MAIL + MODES + EDIT).encode(),
        "no `diff --git` stands before",
    ),
    "a mail's change of modes lost": (lambda _: (MAIL + MODES + MORE).encode(), "no `diff --git` stands before"),
    "a mail's binary file lost": (
        lambda s: MAIL.encode() + s.diff(paths=("data.bin",)).partition(b"\n")[2] + MORE.encode(),
        "no `diff --git` stands before",
    ),
    "a changeset's change of modes lost": (
        lambda _: f"# HG changeset patch\n# User Ada\n{MODES}{MORE}".encode(),
        "no `diff --git` stands before",
    ),
    "hunks in no order": (
        lambda _: (PLAIN + "@@ -1,2 +1,3 @@\n line_1 = 1\n+x = 1\n line_2 = 2\n").encode(),
        "not where its header says",
    ),
    "carriage returns": (lambda s: app(s).replace(b"\n", b"\r\n"), "carriage return"),
    "line ends of the file lost": (lambda s: s.diff(paths=("crlf.txt",)).replace(b"\r\n", b"\n"), "line ends of CR LF"),
    "tabs became spaces": (lambda s: s.diff(paths=("tabs.py",)).replace(b"\t", b"    "), "white space alone"),
    "spaces stripped": (
        lambda s: b"".join(line.rstrip() + b"\n" for line in s.diff(paths=("tabs.py",)).split(b"\n")[:-1]),
        "white space alone",
    ),
    "first spaces stripped": (
        lambda s: b"".join(line.lstrip(b" ") for line in app(s).splitlines(keepends=True)),
        "is damaged",
    ),
    "UTF-16": (lambda s: app(s).decode().encode("utf-16"), "UTF-16"),
    "byte order mark": (lambda s: b"\xef\xbb\xbf" + app(s), "byte order mark"),
    "edited by hand": (lambda s: app(s).replace(b"+line_x = 0", b"+line_x = 9"), "not whole.*edited"),
    "applied already": (lambda s: s.sandbox.git_bytes("diff", "--binary", "head", "main", "-R"), ""),
    "reversed": (lambda s: s.sandbox.git_bytes("diff", "--binary", "head", "main"), "applied there already"),
    "made in a folder": (relative, "made in the folder src"),
    "a file that is not there": (lambda _: PLAIN.replace("app.py", "nowhere.py").encode(), "there is no such file"),
    "a file that is there": (
        lambda _: MORE.replace("test_more", "test_app").encode(),
        "makes tests/test_app.py, which is there already",
    ),
    "another revision": (
        lambda _: PLAIN.replace("line_59 = 59", "line_59 = 0").encode(),
        "from line 59 on, src/app.py has other lines than the hunk in line 3.*--base",
    ),
    "other lines": (lambda _: PLAIN.replace("-58,3 +58,4", "-48,3 +48,4").encode(), "those from line 58.*--base"),
    "no context and no proof": (
        lambda s: without(app(s, "-U0"), rb"index "),
        "no lines of context",
    ),
}
del DAMAGED["applied already"]


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_patch_is_refused(scene: Scene, tmp_path: Path, damage: str) -> None:
    """A patch of which a part would be lost or changed is refused, and the message says why and what helps."""
    make, why = DAMAGED[damage]
    said = refusal(scene, make(scene), tmp_path).message
    assert re.search(why, said) is not None, said


@pytest.mark.parametrize("damage", [damage for damage, (_, why) in DAMAGED.items() if "--base" not in why])
def test_only_another_revision_is_told_to_be_one(scene: Scene, tmp_path: Path, damage: str) -> None:
    """The advice to make the patch against another revision is given for that cause alone."""
    said = refusal(scene, DAMAGED[damage][0](scene), tmp_path).message
    expected = ("the newest first", "reversed", "a file that is not there", "a file that is there")
    assert ("--base" in said) == (damage in expected), said


MENDED: dict[str, tuple[Callable[[Scene], bytes], tuple[PatchFix, ...]]] = {
    "last newline": (lambda s: app(s)[:-1], (PatchFix.LAST_NEWLINE,)),
    "both counts": (lambda s: app(s).replace(b"@@ -1,6 +1,6 @@", b"@@ -1,9 +1,4 @@"), (PatchFix.HUNK_COUNTS,)),
    "counts of the last hunk, proven": (
        lambda s: re.sub(rb"@@ -47,\d+ \+47,\d+", b"@@ -47,20 +47,20", app(s)),
        (PatchFix.HUNK_COUNTS,),
    ),
    "everything": (
        lambda s: app(s).replace(b"@@ -1,6 +1,6 @@", b"@@ -1,9 +1,4 @@")[:-1],
        (PatchFix.LAST_NEWLINE, PatchFix.HUNK_COUNTS),
    ),
    "nothing": (app, ()),
}


@pytest.mark.parametrize("damage", MENDED)
def test_what_may_be_mended_is_mended(scene: Scene, tmp_path: Path, damage: str) -> None:
    """A lost last newline and wrong counts are mended where that is allowed, and what was done is said."""
    make, fixes = MENDED[damage]
    repository = GitRepository(scene.sandbox.root, state=tmp_path)
    attempt = AttemptRef(run_id=f"mended-{list(MENDED).index(damage)}", phase="gate", attempt=1)
    try:
        made = repository.apply_patch(make(scene), repository.resolve("main"), attempt, fix=True)
    finally:
        scene.sandbox.git("for-each-ref", "--format=delete %(refname)", "refs/heads/autopack")
        for ref in scene.sandbox.git("for-each-ref", "--format=%(refname)", "refs/heads/autopack").split():
            scene.sandbox.git("update-ref", "-d", ref)
    assert (scene.tree_of("src/app.py"), app(scene), fixes) == (made.tree.tree, made.patch, made.fixes)


@pytest.mark.parametrize("name", ["a longer hunk", "last newline stripped"])
def test_the_refusal_names_what_mends_it(scene: Scene, tmp_path: Path, name: str) -> None:
    """Where --patch-fix would help, the refusal says so."""
    assert "let --patch-fix mend it" in refusal(scene, DAMAGED[name][0](scene), tmp_path).message


@pytest.mark.parametrize("name", ["cut between hunks", "no prefix", "prose behind", "cut in a line"])
def test_what_may_not_be_mended_stays_refused(scene: Scene, tmp_path: Path, name: str) -> None:
    """No permission to mend makes a candidate of a patch that lost something."""
    refusal(scene, DAMAGED[name][0](scene), tmp_path, fix=True)


def test_a_last_hunk_that_is_short_is_not_counted_anew(scene: Scene, tmp_path: Path) -> None:
    """A last hunk with fewer lines than its header says may be cut off, so that counting it anew needs a proof."""
    said = refusal(scene, MORE.replace("1,2", "1,6").encode(), tmp_path, fix=True).message
    assert "it is cut off, or the header of its last hunk" in said


def test_no_cut_makes_another_candidate(scene: Scene, tmp_path: Path) -> None:
    """A patch of git that is cut off at any byte is refused, but where the diff of a file ends."""
    patch = scene.diff(paths=("tests/test_new.py", "src/app.py", "without end"))
    ends = [found.start() for found in re.finditer(b"(?m)^diff --git", patch)][1:]
    repository = GitRepository(scene.sandbox.root, state=tmp_path)
    base = repository.resolve("main")
    taken = []
    for end in range(1, len(patch)):
        try:
            repository.apply_patch(patch[:end], base, ATTEMPT, fix=False)
        except BadRequest:
            continue
        taken.append(end)
        scene.sandbox.git("update-ref", "-d", "refs/heads/autopack/r1/gate/1")
    assert ends == taken
    assert NEW
