"""Keeps the versions of base for head: what a change does not move must not move for another reason.

Where the inputs of the setup differ, head is set up with the versions of base's distributions as constraints, but for
those that the changed lines name.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from autopack_executor.environment.interpreter import Distribution, Interpreter

INTERPRETER: Final = "python"
LOCKS: Final = ("uv.lock", "poetry.lock", "pdm.lock")
_SEPARATORS = re.compile(r"[^A-Za-z0-9._-]+")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.!+_-]*")
# What makes environments is in each, whatever a project says.
_SEEDS = frozenset({"pip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """``constraints`` is the text of a constraints file, empty when there is nothing to keep; ``locks`` are the lock
    files that the setup of base made, by path.
    """

    constraints: str
    locks: Mapping[str, bytes]

    def __bool__(self) -> bool:
        return bool(self.constraints or self.locks)

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of all of it."""
        summed = hashlib.sha256(self.constraints.encode())
        for path, data in sorted(self.locks.items()):
            summed.update(b"\0" + path.encode() + b"\0" + data)
        return summed.hexdigest()


NO_PINS: Final = Pins(constraints="", locks={})


def changed_names(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> frozenset[str]:
    """The normalised names, among other words, in the lines in which the inputs of two setups differ. Of a lock file
    a line says little, so there it is the whole entry.
    """
    words: set[str] = set()
    for path in before.keys() | after.keys():
        first, second = before.get(path, b""), after.get(path, b"")
        if first != second:
            name = PurePosixPath(path).name
            if name in (".python-version", ".tool-versions", "runtime.txt"):
                words.add(INTERPRETER)
            for part in set(_parts(name, first)) ^ set(_parts(name, second)):
                words.update(_SEPARATORS.split(part))
    return frozenset(normalised(word.strip("-._")) for word in words) - {""} | _interpreter(words)


def pins(base: Interpreter, locks: Mapping[str, bytes], without: frozenset[str]) -> Pins:
    """What keeps the versions of ``base``, but for the names in ``without``. What was not installed from an index
    cannot be kept so.
    """
    lines = [
        f"{found.name}=={found.version}\n"
        for found in base.distributions
        if not found.url and found.name not in without | _SEEDS and _VERSION.fullmatch(found.version)
    ]
    return Pins(constraints="".join(lines), locks=locks)


def moved(base: Interpreter, head: Interpreter, *, named: frozenset[str], inputs_differ: bool) -> tuple[str, ...]:
    """The distributions that differ between the sides and for whose difference the change accounts, ascending.

    These are the project itself, what the changed lines name, and what that requires in turn; where the inputs of the
    setup differ, also what only one side has.
    """
    before = {found.name: found for found in base.distributions}
    after = {found.name: found for found in head.distributions}
    accounted = named | _required(named, before, after)
    differing = [
        name
        for name in before.keys() | after.keys()
        if (name in before and name in after and before[name].version != after[name].version)
        or (name in before) != (name in after)
    ]
    found = {
        name
        for name in differing
        if name in accounted
        or any(side[name].local for side in (before, after) if name in side)
        or (inputs_differ and (name in before) != (name in after))
    }
    if INTERPRETER in named and (base.version, base.implementation) != (head.version, head.implementation):
        found.add(INTERPRETER)
    return tuple(sorted(found))


def normalised(name: str) -> str:
    """One spelling for one distribution: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_lock(path: str) -> bool:
    """Whether ``path`` is a file that an installer locks versions in."""
    return any(fnmatchcase(PurePosixPath(path).name, pattern) for pattern in LOCKS)


def _required(
    names: Iterable[str], before: Mapping[str, Distribution], after: Mapping[str, Distribution]
) -> frozenset[str]:
    found: set[str] = set()
    pending = [name for name in names if name in before or name in after]
    while pending:
        name = pending.pop()
        needed = {required for side in (before, after) if name in side for required in side[name].requires}
        pending += needed - found
        found |= needed
    return frozenset(found)


def _parts(name: str, data: bytes) -> list[str]:
    text = data.decode(errors="replace")
    if name == "Pipfile.lock":
        try:
            sections = json.loads(text) if text else {}
            return [f"{each} {entry}" for part in ("default", "develop") for each, entry in sections[part].items()]
        except (ValueError, KeyError, AttributeError, TypeError):
            return text.splitlines()
    if name.endswith(".lock") or name.startswith("pylock"):
        return re.split(r"\n(?=\[\[)", text)
    return text.splitlines()


def _interpreter(words: Iterable[str]) -> frozenset[str]:
    about_python = any(re.match(r"(requires[-_])?python", word, re.IGNORECASE) for word in words)
    return frozenset({INTERPRETER}) if about_python else frozenset()
