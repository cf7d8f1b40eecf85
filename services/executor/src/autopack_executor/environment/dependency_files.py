"""The files of a worktree that decide what a setup command installs."""

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path

MAX_DEPTH = 4
_NAMES = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements*.txt",
    "requirements*.in",
    "constraints*.txt",
    "*.lock",
    "pylock*.toml",
    "Pipfile",
    "tox.ini",
    "noxfile.py",
    # What chooses the interpreter, configures an installer or takes part in a build.
    ".python-version",
    ".tool-versions",
    "runtime.txt",
    "uv.toml",
    "poetry.toml",
    "pdm.toml",
    "hatch.toml",
    "hatch_build.py",
    "MANIFEST.in",
    "environment*.yml",
    "environment*.yaml",
    # Where build backends read the version from, which an editable install copies into its metadata.
    "VERSION*",
    "version.txt",
    "_version.py",
    "version.py",
    "__version__.py",
    "__about__.py",
)
_REQUIREMENTS_DIRECTORIES = ("requirements*", "reqs", "constraints")
# A top-level package may define the version in its __init__.py: ./pkg, ./src/pkg, ./lib/pkg.
_PACKAGE_FILE = re.compile(r"(?:(?:src|lib|python)/)?[^/]+/__init__\.py")
_IGNORED = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox"})
# Build tools that take the version from the commit: then no file tells it.
_FROM_COMMIT = re.compile(
    rb"setuptools[_-]scm|hatch-vcs|versioneer|\bpbr\b|dunamai|versioningit|poetry-dynamic-versioning|scm-version"
    rb"|setuptools-git-version|hatch-regex-commit|vcs-versioning|miniver|pdm\.version|uv-dynamic-versioning"
)


def dependency_files(worktree: Path) -> tuple[str, ...]:
    """The dependency files of ``worktree``: relative paths, sorted."""
    return tuple(sorted(path for path in files_below(worktree) if _decides(path)))


def version_from_commit(worktree: Path) -> bool:
    """Whether the project's version comes from the commit, so that no installed metadata fits another commit."""
    return any(
        _FROM_COMMIT.search(read_file(worktree / path)) is not None
        for path in dependency_files(worktree)
        if Path(path).name in ("pyproject.toml", "setup.py", "setup.cfg")
    )


def files_below(worktree: Path) -> Iterator[str]:
    """The files of ``worktree`` down to ``MAX_DEPTH``, relative; what tools keep for themselves is left out."""
    for directory, names, files in os.walk(worktree):
        relative = Path(directory).relative_to(worktree)
        names[:] = sorted(set(names) - _IGNORED) if len(relative.parts) < MAX_DEPTH else []
        yield from (str(relative / name) for name in files)


def _decides(path: str) -> bool:
    parent, name = Path(path).parent.name, Path(path).name
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in _NAMES):
        return True
    if _PACKAGE_FILE.fullmatch(path) is not None:
        return True
    return name.endswith((".txt", ".in")) and any(
        fnmatch.fnmatchcase(parent, pattern) for pattern in _REQUIREMENTS_DIRECTORIES
    )


def read_file(path: Path) -> bytes:
    """The content of a file; for a link that leads nowhere, where it leads."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return os.fsencode(path.readlink())
