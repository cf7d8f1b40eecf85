"""Says of changed files what changed in them, and whether continuous integration calls them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final, Protocol

import structlog

from autopack_executor.syntax.parts import changed_parts, has_parts
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.errors import AutopackError
from autopack_model.policy.default import CALLING_PATHS
from autopack_model.policy.path_pattern import compile_patterns
from autopack_model.suite_run.value import Tree

MAX_BYTES: Final = 8 * 1024**2

_log = structlog.get_logger("executor")
_SCRIPT_FOLDERS = frozenset({".ci", "bin", "ci", "dev", "hack", "script", "scripts", "tools"})
_SHELLS = frozenset({"", ".bash", ".sh", ".zsh"})


class Sources(Protocol):
    """What is asked of the repository."""

    def contents(self, tree: Tree, paths: Iterable[str], *, most: int) -> dict[str, bytes] | None:
        """What the files ``paths`` of ``tree`` hold; None when that is more than ``most`` bytes. Raises GitFailed."""

    def tracked_files(self, tree: Tree) -> tuple[str, ...]:
        """The paths of all files of ``tree``, ascending. Raises GitFailed."""


def with_parts(changed: ChangedFiles, sources: Sources, base: Tree | None, head: Tree) -> ChangedFiles:
    """The changed files, with what changed in those that hold many things, and with the file of base's continuous
    integration that calls a changed script. What cannot be read has no parts: then all of the file counts.
    """
    if base is None or not changed.files:
        return changed
    try:
        parts = _parts(changed, sources, base, head)
        callers = _callers(changed, sources, base)
    except AutopackError as error:
        _log.warning("the parts of the changed files are unknown", problem=str(error))
        return changed
    files = tuple(
        replace(file, parts=parts.get(file.path), called_by=callers.get(file.old_path or file.path))
        for file in changed.files
    )
    return replace(changed, files=files)


def _parts(changed: ChangedFiles, sources: Sources, base: Tree, head: Tree) -> Mapping[str, tuple[str, ...] | None]:
    paths = [file.path for file in changed.files if file.kind is ChangeKind.MODIFIED and has_parts(file.path)]
    if not paths:
        return {}
    before, after = (sources.contents(tree, paths, most=MAX_BYTES) or {} for tree in (base, head))
    return {path: changed_parts(path, before[path], after[path]) for path in paths if path in before and path in after}


def _callers(changed: ChangedFiles, sources: Sources, base: Tree) -> Mapping[str, str]:
    """The file that calls each changed script, the first by its path."""
    scripts = [file.old_path or file.path for file in changed.files if _may_be_called(file)]
    if not scripts:
        return {}
    calling = compile_patterns(CALLING_PATHS)
    texts = sources.contents(
        base, [path for path in sources.tracked_files(base) if calling.fullmatch(path.casefold())], most=MAX_BYTES
    )
    found = {}
    for script in scripts:
        name = re.compile(rb"(?<![\w./-])(?:\./)?" + re.escape(script.encode()) + rb"(?![\w/-])")
        caller = next((path for path, text in sorted((texts or {}).items()) if name.search(text)), None)
        if caller is not None and caller != script:
            found[script] = caller
    return found


def _may_be_called(file: ChangedFile) -> bool:
    """Whether a file of base is a script, by its name and its place. What is new is called by nothing of base."""
    path = PurePosixPath(file.old_path or file.path)
    if file.kind is ChangeKind.ADDED:
        return False
    return path.suffix in _SHELLS or not _SCRIPT_FOLDERS.isdisjoint(path.parts[:-1])
