"""What the setup command on head did to its worktree that it did not do on base."""

from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from autopack_model.suite_run.value import SetupFacts

_LOCKS: Final = ("*.lock", "pylock*.toml", "*-lock.json", "*-lock.yaml")
_VERSIONS: Final = ("VERSION*", "version.txt", "_version.py", "version.py", "__version__.py", "__about__.py")


def setup_changes(base: SetupFacts | None, head: SetupFacts | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files that the setup on head left in another state than the setup on base: first those that can alter what
    is tested, then those that only hold a lock or a version; ascending.

    A file that both setups left the same is nobody's doing. A file with a version is taken for one only where the
    setup on base wrote it as well.
    """
    before = {} if base is None else {change.path: change.content for change in base.changed_files}
    changed = [
        change.path
        for change in (() if head is None else head.changed_files)
        if before.get(change.path) != change.content
    ]
    harmless = [path for path in changed if _matches(path, _LOCKS) or (path in before and _matches(path, _VERSIONS))]
    return tuple(path for path in changed if path not in harmless), tuple(harmless)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(PurePosixPath(path).name, pattern) for pattern in patterns)
