"""The parts of files that hold many things which cannot reach the tests."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

# fmt: off
_TOOLS: Final = (
    "autoflake", "autopep8", "bandit", "basedpyright", "black", "blacken-docs", "bumpver", "bumpversion",
    "check-manifest", "check-sdist", "check-wheel-contents", "codespell", "commitizen", "deptry", "docformatter",
    "doc8", "flake8", "git-cliff", "interrogate", "isort", "mdformat", "mypy", "numpydoc_validation", "pycodestyle",
    "pydocstyle", "pydoclint", "pylint", "pyrefly", "pyright", "pytype", "refurb", "repo-review", "ruff",
    "semantic_release", "slotscheck", "tbump", "towncrier", "ty", "typos", "vulture", "yapf", "zuban",
)
_METADATA: Final = (
    "authors", "classifiers", "description", "documentation", "homepage", "keywords", "license", "license-files",
    "maintainers", "name", "readme", "repository", "urls", "version",
)

HARMLESS_PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "pyproject.toml": (
        *(f"project.{name}" for name in (*_METADATA, "gui-scripts", "requires-python", "scripts")),
        *(f"tool.poetry.{name}" for name in _METADATA),
        *(f"tool.{name}" for name in _TOOLS),
    ),
    "setup.cfg": (
        "metadata", "sdist", "bdist_wheel", "egg_info", "upload", "build_sphinx", "zest.releaser",
        "bumpversion:*", *_TOOLS, *(f"{name}-*" for name in ("mypy", "pylint")), "pylint.*",
    ),
    "tox.ini": (
        "tox.envlist (longer)", "tox.env_list (longer)", "tox.minversion", "tox.min_version", "tox.isolated_build",
        "tox.skip_missing_interpreters", *_TOOLS, *(f"{name}-*" for name in ("mypy", "pylint")), "pylint.*",
    ),
    "makefile": ("* (longer)",),
    "gnumakefile": ("* (longer)",),
    ".gitattributes": (
        "conflict-marker-size", "delta", "diff", "export-ignore", "export-subst", "linguist-*", "merge", "whitespace",
    ),
})
"""Patterns of the harmless parts by the name of the file: a part, or all of a table or section."""
# fmt: on

_LONGER: Final = re.compile(r" \(longer\)\Z")


def harmful_parts(path: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the changed ``parts`` of the file that can reach the tests."""
    patterns = HARMLESS_PARTS.get(PurePosixPath(path).name.casefold(), ())
    return tuple(part for part in parts if not any(_matches(part, pattern) for pattern in patterns))


def _matches(part: str, pattern: str) -> bool:
    if fnmatchcase(part, pattern):
        return True
    return fnmatchcase(_LONGER.sub("", part), pattern) or fnmatchcase(part, f"{pattern}.*")
