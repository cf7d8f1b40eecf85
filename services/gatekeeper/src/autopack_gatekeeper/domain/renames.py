"""Names of tests and collectors that follow their file when it is renamed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """Old path to new path of the renamed files, relative to the repository root."""

    paths: Mapping[str, str]

    def apply(self, name: str) -> str:
        """``name`` with the path before its first ``::`` (or all of it) replaced when that file was renamed."""
        if not self.paths:
            return name
        path, separator, rest = name.partition("::")
        renamed = self.paths.get(path)
        return name if renamed is None else f"{renamed}{separator}{rest}"

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


def _module(path: PurePosixPath) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
