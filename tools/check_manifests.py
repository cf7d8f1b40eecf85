"""Validate the Kubernetes manifests against the published schemas. Usage: ``python -m tools.check_manifests``.

Stricter than the validator by itself, which only warns of a kind that it does not know.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

from tools.pins import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
VALIDATOR = Path(sysconfig.get_path("scripts")) / "kubernetes-validate"


def main() -> int:
    """Run the command; returns its exit code."""
    manifests = sorted(FOLDER.glob("*.yaml"))
    if not manifests:
        print(f"there is no manifest in {FOLDER}", file=sys.stderr)
        return 1
    done = subprocess.run(
        [str(VALIDATOR), "--strict", "--quiet", *map(str, manifests)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0 or done.stdout.strip():
        print(done.stdout, file=sys.stderr)
        return 1
    print(f"{len(manifests)} manifests are valid")
    return 0


if __name__ == "__main__":
    sys.exit(main())
