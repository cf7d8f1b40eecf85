"""Write the version of all distributions, or check that it is the same everywhere.

Usage: ``python -m dev.env.version (VERSION | --check)``. The version stands in the ``pyproject.toml`` at the top. Every
distribution has the same one, and needs the others of ours at exactly that one.
"""

import argparse
import re
import sys
import tomllib

from dev.checkout import DISTRIBUTIONS, ROOT

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?")
_OWN = re.compile(r'(?m)^(version = "|    "autopack[a-z-]*==)([^"]*)"')


def current() -> str:
    """The version that stands in the ``pyproject.toml`` at the top."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


def with_version(settings: str, version: str) -> str:
    """The text of a ``pyproject.toml`` with ``version`` as its own and as that of each distribution of ours."""
    return _OWN.sub(lambda found: f'{found[1]}{version}"', settings)


def write(version: str) -> None:
    """Write ``version`` into the ``pyproject.toml`` of every distribution."""
    for folder in DISTRIBUTIONS.values():
        file = folder / "pyproject.toml"
        file.write_text(with_version(file.read_text(encoding="utf-8"), version), encoding="utf-8")


def differing() -> list[str]:
    """One line for each file in which another version stands than at the top."""
    version, found = current(), []
    for folder in DISTRIBUTIONS.values():
        file = folder / "pyproject.toml"
        text = file.read_text(encoding="utf-8")
        if with_version(text, version) != text:
            found.append(f"{file.relative_to(ROOT)}: another version than {version}, which stands in pyproject.toml")
    return found


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("version", nargs="?", metavar="VERSION", help="write this one, for example 0.2.0 or 0.2.0rc1")
    what.add_argument("--check", action="store_true", help="only check what is committed")
    options = parser.parse_args()
    if not options.check:
        if not _VERSION.fullmatch(options.version):
            parser.error(f"not a version: {options.version!r}; write it like 0.2.0 or 0.2.0rc1")
        write(options.version)
        return 0
    problems = differing()
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"run 'make version VERSION={current()}' and commit the result", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
