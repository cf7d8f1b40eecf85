"""Read and judge files of exact pins: ``name==version ; marker --hash=...`` and comments, nothing else."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
DISTRIBUTIONS = {
    "autopack-proto": ROOT / "proto",
    "autopack-model": ROOT / "packages" / "model",
    "autopack-rpc": ROOT / "packages" / "rpc",
    "autopack-git": ROOT / "packages" / "git",
    "autopack-clients": ROOT / "packages" / "clients",
    "autopack-cli": ROOT / "packages" / "cli",
    "autopack-bridge": ROOT / "packages" / "bridge",
    "autopack-executor": ROOT / "services" / "executor",
    "autopack-gatekeeper": ROOT / "services" / "gatekeeper",
    "autopack-store": ROOT / "services" / "store",
}

PROTO = "autopack-proto"

_PIN = re.compile(
    r"(?P<requirement>[a-z0-9-]+==[0-9][0-9a-z.+!]*( ; [^/@]+?)?)(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)"
)
# Who asked for a pin: a package or one of our own inputs; nothing in which an address or a machine's path could hide.
_COMMENT = re.compile(r"#( via)?( +([a-z0-9-]+|-r (autopack-[a-z]+|constraints/[a-z]+\.in)))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One exact pin: the requirement (``name==version``, with a marker perhaps) and its hashes, as pip options."""

    requirement: Requirement
    line: str

    @property
    def name(self) -> str:
        """The canonical name of the distribution."""
        return canonicalize_name(self.requirement.name)


class BadPinsError(Exception):
    """A file of pins holds something that is not a pin. The message lists every such line."""


def parse_pins(text: str, file: str) -> dict[str, Pin]:
    """The pins of ``text`` by canonical name. Raises BadPinsError, naming ``file``, for lines that are no pins."""
    pins: dict[str, Pin] = {}
    problems: list[str] = []
    for number, line in _logical_lines(text):
        if not line or _COMMENT.fullmatch(line):
            continue
        match = _PIN.fullmatch(line)
        if match is None:
            problems.append(f"{file}:{number}: not an exact pin with sha256 hashes: {line[:120]!r}")
            continue
        pin = Pin(requirement=Requirement(match["requirement"]), line=line)
        if pin.name in pins:
            problems.append(f"{file}:{number}: {pin.name} is pinned twice")
        pins[pin.name] = pin
    if problems:
        raise BadPinsError("\n".join(problems))
    return pins


def _logical_lines(text: str) -> Iterable[tuple[int, str]]:
    """Numbered lines, a line that ends in a backslash joined with the next, each without surrounding blanks."""
    start, parts = 1, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not parts:
            start = number
        continued = line.endswith("\\")
        parts.append(line.removesuffix("\\").strip())
        if not continued:
            yield start, " ".join(parts)
            parts = []
    if parts:
        yield start, " ".join(parts)


def read_pins(path: Path) -> dict[str, Pin]:
    """The pins of a file. Raises BadPinsError, and OSError when it cannot be read."""
    return parse_pins(path.read_text(encoding="utf-8"), path.name)


def declared(folder: Path, *, build: bool) -> list[Requirement]:
    """What the distribution in ``folder`` declares to run, or with ``build`` to be built, without our own."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    texts: list[str] = project["build-system"]["requires"] if build else project["project"]["dependencies"]
    requirements = [Requirement(text) for text in texts]
    return [requirement for requirement in requirements if canonicalize_name(requirement.name) not in DISTRIBUTIONS]


def packages(name: str) -> list[str]:
    """The import packages of a distribution of ours, as paths relative to its folder."""
    settings = tomllib.loads((DISTRIBUTIONS[name] / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[str] = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return found


def listed(path: Path) -> list[Requirement]:
    """The requirements of an ``.in`` file: one per line, ``#`` starts a comment."""
    lines = (line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def unmet(requirements: Iterable[Requirement], pins: dict[str, Pin], who: str) -> list[str]:
    """One message for each requirement that no pin satisfies, sorted."""
    problems = []
    for requirement in requirements:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            problems.append(f"{who} needs {requirement}, which is not pinned")
        elif not requirement.specifier.contains(_version(pin), prereleases=True):
            problems.append(f"{who} needs {requirement}, but the pin is {pin.requirement}")
    return sorted(problems)


def _version(pin: Pin) -> str:
    """The version of a pin: its only specifier."""
    (specifier,) = pin.requirement.specifier
    return specifier.version
