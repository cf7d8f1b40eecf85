"""Compare the contracts with those of the last release, and say that there is none where no release was tagged.

Usage: ``python -m dev.contracts.breaking``. Exit code 1 when the contracts break those of the release, or when this
checkout cannot say which release is the last one.
"""

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from dev.contracts.generate import ROOT

BUF = Path(sysconfig.get_path("scripts")) / "buf"


class UnknownHistory(Exception):
    """Git does not say which release is the last one. The message says what to do."""


def git(*arguments: str) -> str:
    """What git answers, stripped. Raises UnknownHistory when it fails."""
    answer = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise UnknownHistory(f"'git {' '.join(arguments)}' failed: {answer.stderr.strip()}; run this in a git checkout")
    return answer.stdout.strip()


def last_release() -> str | None:
    """The newest tag ``v*`` in the history of this checkout; None when there is none. Raises UnknownHistory."""
    tags = git("tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname").split()
    if not tags and git("rev-parse", "--is-shallow-repository") == "true":
        raise UnknownHistory("this clone is shallow and has no tag of a release; run 'git fetch --unshallow --tags'")
    return tags[0] if tags else None


def breaks(release: str) -> bool:
    """Whether the contracts break those of the tag ``release``; buf prints what breaks. Raises UnknownHistory."""
    with tempfile.TemporaryDirectory() as folder:
        released = Path(folder) / "contracts.tar"
        git("archive", "--format=tar", f"--output={released}", release, "buf.yaml", "proto")
        return subprocess.run([str(BUF), "breaking", "--against", str(released)], cwd=ROOT, check=False).returncode != 0


def main() -> int:
    """Run the command."""
    try:
        release = last_release()
        if release is None:
            print("there is no release yet, so there is nothing that the contracts could break")
            return 0
        print(f"comparing the contracts with the release {release}", flush=True)
        if not breaks(release):
            return 0
    except UnknownHistory as error:
        print(error, file=sys.stderr)
        return 1
    print(f"the contracts break those of the release {release}: add fields, values and methods, and never change one")
    return 1


if __name__ == "__main__":
    sys.exit(main())
