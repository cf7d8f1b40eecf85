"""What the files of a tree mention."""

import re
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

MOST_OF_ONE = 256 * 1024
MOST_OF_ALL = 64 * 1024**2

_WORDS = re.compile(rb"\w+")
_NAMES = re.compile(rb"[\w.\-]+")
# What stands before a quote or a slash: a part of a path, in code.
_PARTS = re.compile(rb"[\w.\-]+(?=['\"/\\])")
_SECTION = re.compile(r"\s*\[+\s*([^\]]*)\]")
# Tables that say how a project is built; the other ones configure tools.
_BUILD = re.compile(
    r"(?:project|build-system|options|metadata|files|entry|tool\.(?:setuptools|poetry|hatch|pdm|flit|uv))"
)


class TooMuch(Exception):
    """The texts of the tree hold more than is read."""


class Texts:
    """Reads files of ``root``, each once; what is no regular file, is too long or is no text holds nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._left = MOST_OF_ALL
        self._words: dict[str, frozenset[str]] = {}
        self._parts: dict[str, frozenset[str]] = {}
        self._sources: dict[str, bytes] = {}

    def source(self, path: str) -> bytes:
        """The content of a file. Raises TooMuch where all that was read is more than is allowed."""
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def _read(self, path: str) -> bytes:
        file = self._root / path
        try:
            status = file.lstat()
            if not stat.S_ISREG(status.st_mode):
                return b""
            if status.st_size > MOST_OF_ONE:
                if path.endswith(".py"):
                    raise TooMuch(path)
                return b""
            self._left -= status.st_size
            if self._left < 0:
                raise TooMuch(path)
            found = file.read_bytes()
        except OSError:
            return b""
        return b"" if b"\0" in found[:1024] else found

    def words(self, path: str) -> frozenset[str]:
        """The words of a file."""
        self._look(path)
        return self._words[path]

    def parts(self, path: str) -> frozenset[str]:
        """What may be a part of a path in a file: in Python, what stands before a quote or a slash; else every name.
        Of a file that configures many tools only what says how the project is built counts.
        """
        self._look(path)
        return self._parts[path]

    def _look(self, path: str) -> None:
        if path in self._words:
            return
        source = self.source(path)
        self._words[path] = _texts(_WORDS.findall(source))
        name = PurePosixPath(path).name
        if name in ("pyproject.toml", "setup.cfg"):
            source = _of_build(source.decode("utf-8", "replace")).encode()
        found = (_PARTS if path.endswith((".py", ".pyi")) else _NAMES).findall(source)
        self._parts[path] = _texts([part for each in found for part in (each, each.strip(b".-"), *each.split(b"."))])


def _texts(found: Iterable[bytes]) -> frozenset[str]:
    return frozenset(each.decode("utf-8", "replace") for each in set(found))


def _of_build(text: str) -> str:
    """The tables of a project file that say how it is built."""
    kept, keeps = [], True
    for line in text.splitlines():
        section = _SECTION.match(line)
        if section is not None:
            keeps = _BUILD.match(section[1].strip().casefold()) is not None
        if keeps:
            kept.append(line)
    return "\n".join(kept)
