"""What names of files and folders say. None of them makes a file one of the tests: what uses it has to say so too."""

import re
from pathlib import PurePosixPath

TEST_FOLDERS = frozenset({"test", "tests", "testing"})
"""The folders whose content is test-side where tests are collected below them."""

_WORD = re.compile(r"[a-z0-9]+")
_TESTS = frozenset(
    [
        "acceptance",
        "check",
        "checks",
        "e2e",
        "functional",
        "integration",
        "qa",
        "regression",
        "spec",
        "specs",
        "suite",
        "suites",
        "verification",
        "verify",
    ]
)
_DATA = frozenset(
    [
        "cassettes",
        "expectation",
        "expectations",
        "expected",
        "fixture",
        "fixtures",
        "golden",
        "goldens",
        "snap",
        "snapshot",
        "snapshots",
        "snaps",
    ]
)
_DATA_FOLDERS = frozenset({"testdata", "test_data", "test-data"})
_CODE = (".py", ".pyi", ".pyx", ".pxd", ".pyw", ".ipynb", ".so", ".c", ".h", ".cpp", ".rs", ".sh", ".js", ".ts")
_HARNESS = frozenset(
    {
        *("conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "tox.toml"),
        *("noxfile.py", ".coveragerc", "makefile", "gnumakefile", "justfile", ".gitlab-ci.yml", ".travis.yml"),
        *(".pre-commit-config.yaml", ".gitattributes", ".gitignore", "codecov.yml", ".codecov.yml", "jenkinsfile"),
    }
)
_HARNESS_FOLDERS = (".github/", ".circleci/", ".ci/", ".buildkite/")
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc", ".lock", ".po", ".svg")
_MADE = re.compile(r"(?:build|dist|node_modules|\.?venv|\.tox|\.nox|\.eggs)/|(?:.*/)?[^/]+\.(?:egg|dist)-info/")


def is_made(path: str) -> bool:
    """Whether an installer or a builder made the file: it mentions, or copies, whatever the tree holds."""
    return _MADE.match(path) is not None


def is_called_tests(folder: str) -> bool:
    """Whether the last part of a path says that tests lie there."""
    words = _WORD.findall(PurePosixPath(folder).name.casefold())
    return any(word in _TESTS or word.startswith("test") or word.endswith("tests") for word in words)


def is_called_data(path: str) -> bool:
    """Whether the last part of a path says that expected values lie there."""
    name = PurePosixPath(path).name.casefold()
    return name in _DATA_FOLDERS or not _DATA.isdisjoint(_WORD.findall(name))


def is_code(path: str) -> bool:
    """Whether a file holds code, by its name."""
    return path.casefold().endswith(_CODE)


def is_python(path: str) -> bool:
    """Whether a file is a module of Python."""
    return path.endswith(".py")


def is_harness(path: str) -> bool:
    """Whether a file says how tests are run, and nothing of the product."""
    return PurePosixPath(path).name.casefold() in _HARNESS or path.startswith(_HARNESS_FOLDERS)


def is_document(path: str) -> bool:
    """Whether a file is for people."""
    return path.casefold().endswith(_DOCUMENTS)


def folders_above(path: str) -> tuple[str, ...]:
    """The folders of a path, the topmost first."""
    parts = path.split("/")[:-1]
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))
