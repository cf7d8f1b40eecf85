"""Patches that are whole, in the forms that real tools give them: each becomes exactly the tree it was made from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autopack_git.repository import GitRepository
from autopack_model.identity.value import AttemptRef
from tests.integration.git.patch_scene import APP, NEW, Scene

ATTEMPT = AttemptRef(run_id="r1", phase="gate", attempt=1)
APPENDED = APP + "appended = 1\n"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The repository, which the tests only read."""
    return Scene(tmp_path_factory.mktemp("scene") / "project")


def tree_of(scene: Scene, patch: bytes, tmp_path: Path) -> str:
    """The tree that the patch makes of the base."""
    repository = GitRepository(scene.sandbox.root, state=tmp_path / "state")
    attempt = AttemptRef(run_id=tmp_path.name.lower().strip("_-.")[:60], phase="gate", attempt=1)
    return repository.apply_patch(patch, repository.resolve("main"), attempt, fix=False).tree.tree


WHOLE: dict[str, Callable[[Scene], bytes]] = {
    "as it is": lambda scene: scene.diff(),
    "no renames": lambda scene: scene.diff("--no-renames"),
    "renames and copies": lambda scene: scene.diff("-M", "-C", "--find-copies-harder"),
    "rewrites": lambda scene: scene.diff("-B", "-M"),
    "full index": lambda scene: scene.diff("--full-index"),
    "mnemonic prefixes": lambda scene: scene.diff(config=("diff.mnemonicPrefix=true",)),
    "other prefixes": lambda scene: scene.diff("--src-prefix=old/", "--dst-prefix=new/"),
    "made up prefixes": lambda scene: scene.diff("--src-prefix=x-1.0/", "--dst-prefix=x-1.1/"),
    "no context": lambda scene: scene.diff("-U0"),
    "one line of context": lambda scene: scene.diff("-U1"),
    "much context": lambda scene: scene.diff("-U1000"),
    "whole functions": lambda scene: scene.diff("-W"),
    "patience": lambda scene: scene.diff("--patience"),
    "histogram": lambda scene: scene.diff("--histogram"),
    "names as they are": lambda scene: scene.diff(config=("core.quotePath=false",)),
    "blank lines without a space": lambda scene: scene.diff(config=("diff.suppressBlankEmpty=true",)),
    "a diffstat before it": lambda scene: scene.diff("--patch-with-stat", "--summary"),
    "blank lines around it": lambda scene: b"\n\n" + scene.diff() + b"\n\n",
    "git show": lambda scene: scene.sandbox.git_bytes("show", "--binary", "head"),
    "git show with all fields": lambda scene: scene.sandbox.git_bytes(
        "show", "--binary", "--format=fuller", "--stat", "--patch", "--decorate", "head"
    ),
    "git log": lambda scene: scene.sandbox.git_bytes("log", "-p", "-1", "--binary", "head"),
    "an email": lambda scene: scene.sandbox.git_bytes("show", "--format=email", "--binary", "head"),
    "format-patch": lambda scene: scene.sandbox.git_bytes("format-patch", "--stdout", "main..head"),
    "format-patch without extras": lambda scene: scene.sandbox.git_bytes(
        "format-patch", "--stdout", "--no-signature", "--no-stat", "--zero-commit", "main..head"
    ),
}
SERIES: dict[str, tuple[str, ...]] = {
    "format-patch": ("format-patch", "--stdout", "main..series"),
    "with a cover letter": ("format-patch", "--stdout", "--cover-letter", "main..series"),
    "threaded, without numbers": ("format-patch", "--stdout", "--no-numbered", "--thread", "main..series"),
    "the log, oldest first": ("log", "-p", "--reverse", "main..series"),
}


@pytest.mark.parametrize("form", WHOLE)
def test_a_whole_patch_applies(scene: Scene, tmp_path: Path, form: str) -> None:
    """A patch of every kind of change, made by git in this form, gives the tree that it was made from."""
    assert scene.tree("head") == tree_of(scene, WHOLE[form](scene), tmp_path)


@pytest.mark.parametrize("form", SERIES)
def test_a_whole_series_applies(scene: Scene, tmp_path: Path, form: str) -> None:
    """The patches of a series are applied one after the other, whichever files they share."""
    assert scene.tree("series") == tree_of(scene, scene.sandbox.git_bytes(*SERIES[form]), tmp_path)


def test_two_diffs_in_one_file(scene: Scene, tmp_path: Path) -> None:
    """Diffs that were put together apply in their order, though the second changes what the first made."""
    git = scene.sandbox.git_bytes
    patch = git("diff", "main", "series~1") + git("diff", "series~1", "series")
    assert scene.tree("series") == tree_of(scene, patch, tmp_path)


PLAIN: dict[str, tuple[str, dict[str, str]]] = {
    "a plain unified diff": (
        "--- a/src/app.py\t2026-01-01 00:00:00.000000000 +0000\n+++ b/src/app.py\t2026-01-02 00:00:00 +0000\n"
        "@@ -58,3 +58,4 @@\n line_58 = 58\n line_59 = 59\n line_60 = 60\n+appended = 1\n",
        {"src/app.py": APPENDED},
    ),
    "diff -ruN": (
        "diff -ruN old/src/app.py new/src/app.py\n--- old/src/app.py\n+++ new/src/app.py\n"
        "@@ -58,3 +58,4 @@\n line_58 = 58\n line_59 = 59\n line_60 = 60\n+appended = 1\n",
        {"src/app.py": APPENDED},
    ),
    "quilt": (
        "Index: project/src/app.py\n===================================================================\n"
        "--- project.orig/src/app.py\n+++ project/src/app.py\n"
        "@@ -58,3 +58,4 @@\n line_58 = 58\n line_59 = 59\n line_60 = 60\n+appended = 1\n",
        {"src/app.py": APPENDED},
    ),
    "Mercurial": (
        "# HG changeset patch\n# User Ada <ada@example.org>\n# Date 1700000000 0\n"
        "#      Tue Nov 14 22:13:20 2023 +0000\n"
        f"# Node ID {'1' * 40}\n# Parent  {'2' * 40}\nAppend a line\n\ndiff -r {'2' * 12} -r {'1' * 12} src/app.py\n"
        "--- a/src/app.py\tThu Jan 01 00:00:00 1970 +0000\n+++ b/src/app.py\tTue Nov 14 22:13:20 2023 +0000\n"
        "@@ -58,3 +58,4 @@\n line_58 = 58\n line_59 = 59\n line_60 = 60\n+appended = 1\n",
        {"src/app.py": APPENDED},
    ),
    "svn diff --git": (
        "Index: src/app.py\n===================================================================\n"
        "diff --git a/src/app.py b/src/app.py\n--- a/src/app.py\t(revision 1)\n+++ b/src/app.py\t(working copy)\n"
        "@@ -58,3 +58,4 @@\n line_58 = 58\n line_59 = 59\n line_60 = 60\n+appended = 1\n",
        {"src/app.py": APPENDED},
    ),
    "a new file, by hand": (
        f"--- /dev/null\n+++ b/tests/test_new.py\n@@ -0,0 +1,2 @@\n+{NEW[:-1].replace(chr(10), chr(10) + '+')}\n",
        {"tests/test_new.py": NEW},
    ),
    "an index line that somebody made up": (
        "diff --git a/tests/test_new.py b/tests/test_new.py\nnew file mode 100644\nindex 0000000..e69de29\n"
        f"--- /dev/null\n+++ b/tests/test_new.py\n@@ -0,0 +1,2 @@\n+{NEW[:-1].replace(chr(10), chr(10) + '+')}\n"
        "diff --git a/src/app.py b/src/app.py\nindex 1234567..89abcde 100644\n--- a/src/app.py\n+++ b/src/app.py\n"
        "@@ -58,3 +58,4 @@\n line_58 = 58\n line_59 = 59\n line_60 = 60\n+appended = 1\n",
        {"tests/test_new.py": NEW, "src/app.py": APPENDED},
    ),
}


@pytest.mark.parametrize("form", PLAIN)
def test_patches_of_other_tools_apply(scene: Scene, tmp_path: Path, form: str) -> None:
    """What other tools and people write is taken too, where the names have prefixes and the counts are right."""
    patch, files = PLAIN[form]
    scene.sandbox.write(files)
    scene.sandbox.git("add", "--all")
    expected = scene.sandbox.git("write-tree")
    scene.sandbox.git("reset", "--quiet", "--hard")
    assert expected == tree_of(scene, patch.encode(), tmp_path)
