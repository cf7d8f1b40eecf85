"""What changed in a file that holds many things, and who calls a script."""

from collections.abc import Iterable

import pytest

from autopack_executor.syntax.parts import changed_parts
from autopack_executor.syntax.protected import with_parts
from autopack_git.errors import GitFailed
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.suite_run.value import Tree

BASE, HEAD = Tree(revision="a" * 40, tree="b" * 40), Tree(revision="c" * 40, tree="d" * 40)
PROJECT = '[project]\nversion = "1.0"\n[tool.pytest.ini_options]\naddopts = "-ra"\n'


@pytest.mark.parametrize(
    ("path", "base", "head", "parts"),
    [
        ("pyproject.toml", PROJECT, PROJECT.replace("1.0", "1.1"), ("project.version",)),
        ("pyproject.toml", PROJECT, f"{PROJECT}# a comment\n", ()),
        ("pyproject.toml", PROJECT, f"{PROJECT}[tool.ruff]\nline-length = 100\n", ("tool.ruff.line-length",)),
        ("pyproject.toml", PROJECT, PROJECT.replace("-ra", "-rx"), ("tool.pytest.ini_options.addopts",)),
        ("pyproject.toml", PROJECT, f"{PROJECT}[tool.empty]\n", ("tool.empty",)),
        ("pyproject.toml", "a = [1]", "a = [1, 2]", ("a (longer)",)),
        ("pyproject.toml", "a = 1", "a = true", ("a",)),
        ("pyproject.toml", "a = 1", "a = {b = 1}", ("a",)),
        ("pyproject.toml", PROJECT, "no toml", None),
        ("pyproject.toml", PROJECT, "\n".join(f"a{number} = 1" for number in range(300)), None),
        ("sub/setup.cfg", "[metadata]\nversion = 1\n", "[metadata]\nversion = 2\n", ("metadata.version",)),
        ("tox.ini", "[tox]\nenvlist = a, b\n", "[tox]\nenvlist = a,b,c\n", ("tox.envlist (longer)",)),
        ("tox.ini", "[tox]\nenvlist = a, b\n", "[tox]\nenvlist = a, c\n", ("tox.envlist",)),
        ("tox.ini", "[testenv]\ncommands = pytest\n", "", ("testenv.commands",)),
        ("tox.ini", "[a]\nb = 1\n", "b = 1\n", None),
        (
            "Makefile",
            "setup:\n\tpip install -q pytest\n",
            "setup:\n\tpip install -q pytest attrs>=2\n",
            ("pip install -q pytest (longer)",),
        ),
        ("Makefile", "test:\n\tpip install a\n", "test:\n\tpip install a || true\n", None),
        ("Makefile", "test:\n\tpip install a\n", "test:\n\tpip install a -e .\n", None),
        ("Makefile", "test:\n\tpytest\n", "test:\n\tpytest tests\n", None),
        ("Makefile", "a:\n", "a:\nb:\n", None),
        ("conftest.py", "", "import os\n", None),
        (".gitattributes", "*.txt text\n", "# a word\n*.txt text\n*.py diff=python\n", ("diff",)),
        (".gitattributes", "*.txt text\n", "*.txt -text linguist-vendored\n", ("linguist-vendored", "text")),
        (".gitattributes", "* text\n*.a -text\n", "*.a -text\n* text\n", ("text",)),
        (".gitattributes", '"a b" eol=lf\n', '"a b" eol=crlf\n', ("eol",)),
        (".gitattributes", "*.a text\n", "*.a text\n[attr]own filter=x\n", ("filter",)),
    ],
)
def test_changed_parts(path: str, base: str, head: str, parts: tuple[str, ...] | None) -> None:
    """Tables, sections and lines that differ are named; a file that cannot be read by part counts as a whole."""
    assert parts == changed_parts(path, base.encode(), head.encode())


def changed(*paths: str, kind: ChangeKind = ChangeKind.MODIFIED) -> ChangedFiles:
    """A change of files."""
    return ChangedFiles.of(
        tuple(
            ChangedFile(path=path, old_path=None, kind=kind, lines_added=1, lines_removed=1, binary=False)
            for path in paths
        )
    )


class Repository:
    """A repository of two trees. One that cannot be read fails."""

    def __init__(self, base: dict[str, str], head: dict[str, str], *, readable: bool = True) -> None:
        self._trees = {BASE: base, HEAD: head}
        self._readable = readable

    def contents(self, tree: Tree, paths: Iterable[str], *, most: int) -> dict[str, bytes] | None:
        """What the files hold."""
        if not self._readable:
            raise GitFailed("git failed", subject="repository")
        found = {path: self._trees[tree][path].encode() for path in paths if path in self._trees[tree]}
        return found if sum(map(len, found.values())) <= most else None

    def tracked_files(self, tree: Tree) -> tuple[str, ...]:
        """The files of a tree."""
        return tuple(sorted(self._trees[tree]))


def test_a_file_is_looked_at_by_part() -> None:
    """What changed in pyproject.toml is named; other files, and files of one side only, have no parts."""
    repository = Repository({"pyproject.toml": "a = 1"}, {"pyproject.toml": "a = 2", "tox.ini": ""})
    found = with_parts(changed("pyproject.toml", "shop.py", "tox.ini"), repository, BASE, HEAD)
    assert [("a",), None, None] == [file.parts for file in found.files]


@pytest.mark.parametrize(
    ("workflow", "path", "kind", "caller"),
    [
        ("run: scripts/check.py --fast", "scripts/check.py", ChangeKind.MODIFIED, ".github/workflows/ci.yml"),
        ("run: ./run-tests", "run-tests", ChangeKind.DELETED, ".github/workflows/ci.yml"),
        ("run: sh test.sh", "test.sh", ChangeKind.MODIFIED, ".github/workflows/ci.yml"),
        ("run: other/scripts/check.py", "scripts/check.py", ChangeKind.MODIFIED, None),
        ("run: scripts/check.py", "scripts/check.py", ChangeKind.ADDED, None),
        ("run: mypy shop/cart.py", "shop/cart.py", ChangeKind.MODIFIED, None),
    ],
)
def test_a_script_knows_who_calls_it(workflow: str, path: str, kind: ChangeKind, caller: str | None) -> None:
    """A script of base that continuous integration calls by its path is called; a source that it only names is not."""
    repository = Repository({".github/workflows/ci.yml": workflow, "README.md": path}, {})
    found = with_parts(changed(path, kind=kind), repository, BASE, HEAD)
    assert [caller] == [file.called_by for file in found.files]


def test_what_cannot_be_read_counts_as_a_whole() -> None:
    """Where git fails, or there is no base, nothing is known of the parts."""
    files = changed("pyproject.toml")
    broken = Repository({"pyproject.toml": "a = 1"}, {"pyproject.toml": "a = 2"}, readable=False)
    assert files == with_parts(files, broken, BASE, HEAD)
    assert files == with_parts(files, broken, None, HEAD)
