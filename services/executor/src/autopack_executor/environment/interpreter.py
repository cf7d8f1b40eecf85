"""A Python interpreter, and what is installed in it."""

from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTEST = (7, 0)
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """An installed distribution. ``url`` says where it came from when not from an index; ``record`` is the SHA-256 of
    its list of files and their hashes, empty when it has none; ``requires`` names what it declares to need.
    """

    name: str
    version: str
    url: str
    editable: bool
    record: str
    requires: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """Whether it was installed from a place on this machine, and not from an index."""
        return self.url.startswith("file:")

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" + (f" @ {self.url}" if self.url else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python interpreter as it described itself. ``hooks`` are the files that it reads at its start, with their
    SHA-256, and ``start_hooks`` the names of those of which it runs code, ascending, each with a part of its digest;
    ``path`` is where it imports from; ``distributions`` are sorted by name.
    """

    executable: Path
    implementation: str
    version: str
    build: str
    platform: str
    prefix: Path
    base_prefix: Path
    path: tuple[str, ...]
    hooks: tuple[tuple[str, str], ...]
    distributions: tuple[Distribution, ...]
    start_hooks: tuple[str, ...] = ()

    @property
    def pytest_version(self) -> str:
        """The version of pytest, empty when it is not installed."""
        return next((found.version for found in self.distributions if found.name == "pytest"), "")

    @property
    def library(self) -> tuple[str, ...]:
        """Where it imports from, but for what is installed: what an environment that is made from it has too."""
        return tuple(entry for entry in self.path if Path(entry).name not in _INSTALLED)

    @property
    def virtual_environment(self) -> Path | None:
        """The root of the virtual or conda environment that this is, or None."""
        return self.prefix if self.prefix != self.base_prefix or (self.prefix / "conda-meta").is_dir() else None

    @property
    def pytest_problem(self) -> str:
        """Why pytest cannot be used, empty when it can."""
        version = self.pytest_version
        if not version:
            return f"{self.executable} has no pytest"
        if release(version) < OLDEST_PYTEST:
            return f"{self.executable} has pytest {version}, and the recorder needs 7.0 or newer"
        return ""


def release(version: str) -> tuple[int, int]:
    """Major and minor number; (0, 0) for what is not a version."""
    major, _, rest = version.partition(".")
    minor = "".join(character for character in rest.partition(".")[0] if character.isdigit())
    return (int(major), int(minor)) if major.isdigit() and minor else (0, 0)
