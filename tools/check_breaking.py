"""Compare the contracts with those of the last release (tag ``v*``), or of main when there was none yet.

Usage: ``python -m tools.check_breaking``. Exit code 0 when nothing breaks, or when there is nothing to compare with,
which is said.
"""

import io
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from tools.pins import ROOT

BUF = Path(sysconfig.get_path("scripts")) / "buf"


def git(*arguments: str) -> str | None:
    """What git answers, stripped; None when it fails."""
    answer = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None


def reference() -> str | None:
    """The revision to compare with: the last release, else where this branch left main; None when there is neither."""
    released = git("describe", "--tags", "--abbrev=0", "--match=v[0-9]*")
    if released is not None:
        return released
    head = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    for main in ("origin/main", "main"):
        left = git("merge-base", "HEAD", main)
        if left is not None and left != head:
            return left
    return None


def unpack_contracts(archive: bytes, folder: Path) -> int:
    """Write buf's settings and the contracts of a tar archive below ``folder``. Returns the number of contracts."""
    contracts = 0
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None or not (member.name == "buf.yaml" or member.name.endswith(".proto")):
                continue
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
            contracts += path.suffix == ".proto"
    return contracts


def main() -> int:
    """Run the command."""
    against = reference()
    if against is None:
        print("nothing to compare the contracts with: no release yet, and this is main")
        return 0
    archive = subprocess.run(
        ["git", "archive", "--format=tar", against], cwd=ROOT, capture_output=True, check=True
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        if not unpack_contracts(archive, Path(folder)):
            print(f"nothing to compare the contracts with: {against} has none")
            return 0
        print(f"comparing the contracts with {against}", flush=True)
        return subprocess.run([str(BUF), "breaking", "--against", folder], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
