"""Print the pins that distributions of ours, or single packages, need to run: a part of constraints.txt.

Usage: ``python3 image_pins.py CONSTRAINTS NAME...``, where a NAME is the ``pyproject.toml`` of one of ours or a pinned
package. The comments of constraints.txt say who needs each pin; what is reached from the names is printed with its
hashes, sorted. Standard library only: it runs where an image is built.
"""

import re
import sys
import tomllib
from pathlib import Path

_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_OURS = "autopack-"
_NEEDED_BY = re.compile(r"^ +#(?: via)? +(?:-r )?(?P<name>[a-z0-9][a-z0-9/._-]*)$")


def read(text: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """The pins by name, each with its hashes as it stands there, and by name what directly needs the pin."""
    pins: dict[str, str] = {}
    needed_by: dict[str, set[str]] = {}
    name = ""
    for line in text.splitlines():
        if start := _PIN.match(line):
            name = start["name"]
            pins[name] = line
            needed_by[name] = set()
        elif line.lstrip().startswith("--hash="):
            pins[name] += f"\n{line}"
        elif who := _NEEDED_BY.match(line):
            needed_by[name].add(who["name"])
    return pins, needed_by


def required(text: str) -> str:
    """The name in a requirement, in lower case."""
    match = _REQUIREMENT.match(text)
    if match is None:
        raise ValueError(f"not a requirement: {text!r}")
    return match[0].lower()


def declared(project: str) -> list[str]:
    """The names of what a distribution declares to need, from the text of its ``pyproject.toml``, without our own."""
    texts: list[str] = tomllib.loads(project)["project"]["dependencies"]
    return [name for name in map(required, texts) if not name.startswith(_OURS)]


def reached(names: list[str], pins: dict[str, str], needed_by: dict[str, set[str]]) -> list[str]:
    """The pinned packages that ``names`` need, directly or not, themselves included; sorted.

    Raises ValueError for a name that is not pinned.
    """
    if unknown := sorted(set(names) - set(pins)):
        raise ValueError(f"not pinned: {', '.join(unknown)}")
    found = set(names)
    while more := {pin for pin, parents in needed_by.items() if parents & found} - found:
        found |= more
    return sorted(found)


def main() -> int:
    """Run the command."""
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    pins, needed_by = read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    wanted: list[str] = []
    for name in sys.argv[2:]:
        wanted += declared(Path(name).read_text(encoding="utf-8")) if name.endswith(".toml") else [name]
    try:
        names = reached(wanted, pins, needed_by)
    except ValueError as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    for name in names:
        print(pins[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
