"""Names of tests and collectors that follow their file when it is renamed."""

from collections.abc import Mapping
from dataclasses import dataclass


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
