"""Run the static checks one after the other. Usage: ``python -m dev.checks [NAME...]``; without names all of them.

A check that fails does not stop the others. Exit code 1 when any failed.
"""

import argparse
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from dev.checkout import ROOT

BIN = Path(sysconfig.get_path("scripts"))
PYTHON = sys.executable
PROBE = "autopack_executor.environment.probe"

CHECKS: dict[str, list[str]] = {
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "types": [PYTHON, "-m", "mypy"],
    # The code that runs in the target's interpreter, for the oldest Python that mypy knows.
    "types-target": [PYTHON, "-m", "mypy", "--python-version", "3.10", "-p", "autopack_recorder", "-p", PROBE],
    "layers": [str(BIN / "lint-imports"), "--no-logo"],
    "contracts": [str(BIN / "buf"), "lint"],
    "breaking": [PYTHON, "-m", "dev.contracts.breaking"],
    "generated": [PYTHON, "-m", "dev.contracts.generate", "--check"],
    "contracts-docs": [PYTHON, "-m", "dev.contracts.document", "--check"],
    "rules": [PYTHON, "-m", "dev.checks.document_rules", "--check"],
    "pages": [PYTHON, "-m", "dev.checks.pages"],
    "hygiene": [str(BIN / "autopack"), "hygiene"],
    "constraints": [PYTHON, "-m", "dev.env.constraints", "--check"],
    "imports": [PYTHON, "-m", "dev.checks.imports"],
    "version": [PYTHON, "-m", "dev.env.version", "--check"],
    "manifests": [PYTHON, "-m", "dev.checks.manifests"],
    "standalone": [PYTHON, "-m", "dev.checks.standalone"],
}


def run(name: str) -> bool:
    """Run one check, its output passed through. True when it succeeded."""
    print(f"== {name}", flush=True)
    started = time.monotonic()
    try:
        status = subprocess.run(CHECKS[name], cwd=ROOT, check=False).returncode
    except OSError as error:
        print(f"{CHECKS[name][0]} could not be started: {error.strerror}", flush=True)
        status = 1
    print(
        f"== {name}: {'ok' if status == 0 else f'FAILED, exit code {status}'} ({time.monotonic() - started:.1f} s)",
        flush=True,
    )
    return status == 0


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(CHECKS)}")
    names: list[str] = parser.parse_args().names or list(CHECKS)
    if unknown := sorted(set(names) - set(CHECKS)):
        parser.error(f"no such check: {', '.join(unknown)}; there are: {', '.join(CHECKS)}")
    failed = [name for name in names if not run(name)]
    print(f"{len(names)} checks run, failed: {', '.join(failed) if failed else 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
