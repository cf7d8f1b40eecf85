"""Compare the contracts with the last ones that landed on main, and with those of the last release where there is one.

Usage: ``python -m dev.contracts.breaking``. On a branch the last landed contracts are those where it left main. On main
itself, and where the history is not there, they are the previous ones, kept in ``tests/contract/previous``. Exit code 1
when anything breaks, or when there is nothing to compare with.
"""

import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.previous_contract import BadArchiveError, read_previous, unpack

from dev.checkout import ROOT

BUF = Path(sysconfig.get_path("scripts")) / "buf"


def git(*arguments: str) -> str | None:
    """What git answers, stripped; None when it fails."""
    answer = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None


def archive(revision: str) -> bytes:
    """The contracts of a revision and buf's settings, as a tar archive. Raises CalledProcessError."""
    command = ["git", "archive", "--format=tar", revision, "buf.yaml", "proto"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout


def landed() -> tuple[str, bytes]:
    """The last contracts that landed on main: what they are, and a tar archive. Raises BadArchiveError."""
    head = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    for main in ("origin/main", "main"):
        left = git("merge-base", "HEAD", main)
        if left is not None and left != head:
            return f"{main} as this branch left it, {left}", archive(left)
    previous = read_previous()
    return f"the previous contract, {previous.revision}", previous.code


def references() -> Iterator[tuple[str, bytes]]:
    """All that the contracts are compared with: what it is, and a tar archive. Raises BadArchiveError."""
    released = git("describe", "--tags", "--abbrev=0", "--match=v[0-9]*")
    if released is not None:
        yield f"the release {released}", archive(released)
    yield landed()


def breaks(name: str, code: bytes) -> bool:
    """Compare with one archive, and print what breaks."""
    print(f"comparing the contracts with {name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if not any(path.endswith(".proto") for path in unpack(code, Path(folder))):
            print("there are no contracts in it")
            return True
        return subprocess.run([str(BUF), "breaking", "--against", folder], cwd=ROOT, check=False).returncode != 0


def main() -> int:
    """Run the command."""
    try:
        broken = [name for name, code in references() if breaks(name, code)]
    except BadArchiveError as error:
        print(error, file=sys.stderr)
        return 1
    for name in broken:
        print(f"the contracts break what spoke {name}: add fields, values and methods, and never change one")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
