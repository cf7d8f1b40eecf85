"""Which of the changes that a setup made to the worktree are evidence, and which belong to one tree only."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from autopack_executor.environment.pins import is_lock
from autopack_executor.workspace.worktree_content import WorktreeChanges
from autopack_model.suite_run.value import SetupChange

# What pytest or Python finds by its name, and so lets decide how tests run.
_DECIDING = (
    *("conftest.py", "test_*.py", "*_test.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"),
    *("tox.ini", "setup.cfg", "pyproject.toml", "sitecustomize.py", "usercustomize.py", "*.pth", ".coveragerc"),
)
_BUILT = frozenset({"build", "dist", "node_modules", ".venv", "venv", ".tox", ".nox", ".eggs", "site-packages"})
_POINTERS = (".pdm-python",)


def setup_evidence(
    changes: WorktreeChanges, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[SetupChange, ...]:
    """The changes of tracked files, and the new files that decide how tests run, ascending by path. ``before`` and
    ``after`` describe the worktree; before the setup it holds what was checked out.
    """
    found = {path: after[path] for path in changes.written if not _is_metadata(path) and _tells(path, before)}
    found |= {path: "" for path in changes.deleted if not _is_metadata(path)}
    return tuple(SetupChange(path=path, content=content) for path, content in sorted(found.items()))


def only_metadata(changes: WorktreeChanges) -> bool:
    """Whether the changes fit every tree with the same inputs: metadata of an editable install, a lock file."""
    return not changes.deleted and all(_is_metadata(path) or is_lock(path) for path in changes.written)


def locks_made(changes: WorktreeChanges, before: Mapping[str, str]) -> Iterator[str]:
    """The lock files that the setup made."""
    return (path for path in changes.written if is_lock(path) and path not in before)


def _tells(path: str, before: Mapping[str, str]) -> bool:
    if path in before:
        return True
    place = PurePosixPath(path)
    return _BUILT.isdisjoint(place.parts) and any(fnmatchcase(place.name, pattern) for pattern in _DECIDING)


def _is_metadata(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return any(part.endswith(".egg-info") or part == ".pdm-build" for part in parts) or parts[-1] in _POINTERS
