"""Names of tests and collectors that follow their file when it is renamed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from autopack_model.changed_files.value import ChangedFiles, ChangeKind, TestFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """Old path to new path of the renamed files, relative to the repository root.

    ``functions`` are the test functions that only one side has under their names. ``moved_files`` maps each file that
    was deleted to the one that was added under the same last name elsewhere, where there is one of each.
    """

    paths: Mapping[str, str]
    functions: tuple[TestFunction, ...] = ()
    moved_files: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(changed_files: ChangedFiles) -> "Renames":
        """What the changed files say."""
        functions = changed_files.functions
        moved = _moved_files(changed_files) if functions else {}
        return Renames(paths=changed_files.renames, functions=functions, moved_files=moved)

    def apply(self, name: str) -> str:
        """``name`` with the path before its first ``::`` (or all of it) replaced when that file was renamed."""
        if not self.paths:
            return name
        path, separator, rest = name.partition("::")
        renamed = self.paths.get(path)
        return name if renamed is None else f"{renamed}{separator}{rest}"

    def homes(self, path: str) -> frozenset[str]:
        """Where on head the tests of the file ``path`` are, as far as its name tells."""
        return frozenset({self.paths.get(path, path), self.moved_files.get(path, path)})

    def apply_to_doctest(self, name: str) -> str | None:
        """The same for a doctest, whose own name begins with that of its file. None for any other test.

        ``docs/a.txt::a.txt`` becomes ``docs/b.txt::b.txt``, and ``src/pkg/a.py::pkg.a.f`` ``src/pkg/b.py::pkg.b.f``.
        """
        path, _, rest = name.partition("::")
        renamed = self.paths.get(path)
        if renamed is None:
            return None
        old, new = PurePosixPath(path), PurePosixPath(renamed)
        if rest == old.name:
            return f"{renamed}::{new.name}"
        for depth in range(len(old.parts) - 1, -1, -1):
            root = PurePosixPath(*old.parts[:depth])
            module = _module(old.relative_to(root))
            if module and new.is_relative_to(root) and (rest == module or rest.startswith(f"{module}.")):
                return f"{renamed}::{_module(new.relative_to(root))}{rest[len(module) :]}"
        return None


def _moved_files(changed_files: ChangedFiles) -> dict[str, str]:
    by_kind = {
        kind: [PurePosixPath(file.path) for file in changed_files.files if file.kind is kind]
        for kind in (ChangeKind.DELETED, ChangeKind.ADDED)
    }
    counts = {kind: Counter(path.name for path in paths) for kind, paths in by_kind.items()}
    new = {path.name: str(path) for path in by_kind[ChangeKind.ADDED] if counts[ChangeKind.ADDED][path.name] == 1}
    return {
        str(path): new[path.name]
        for path in by_kind[ChangeKind.DELETED]
        if counts[ChangeKind.DELETED][path.name] == 1 and path.name in new
    }


def _module(path: PurePosixPath) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
