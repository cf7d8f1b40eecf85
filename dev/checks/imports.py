"""Compare what each distribution imports with what it declares, by deptry. Usage: ``python -m dev.checks.imports``.

Installing a distribution alone does not show a dependency that comes along with another one; this reads every import.
"""

import os
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.checkout import DISTRIBUTIONS, ROOT, sources

DEPTRY = Path(sysconfig.get_path("scripts")) / "deptry"
# An editable install does not say which packages it brings.
_PACKAGES = ",".join(f"{name}={source.name}" for name in DISTRIBUTIONS for source in sources(name))
# Code for other interpreters, which runs without anything of ours beside it.
_ELSEWHERE = ".*/(recorder|probe)/"


def problems(name: str) -> str:
    """What deptry says of a distribution's imports; nothing when they are what it declares."""
    (source,) = sources(name)
    command: list[str | Path] = [DEPTRY, source.parent, "--config", DISTRIBUTIONS[name] / "pyproject.toml", "--no-ansi"]
    command += ["--package-module-name-map", _PACKAGES, "--known-first-party", source.name]
    command += ["--extend-exclude", _ELSEWHERE]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return "" if done.returncode == 0 else f"{name}:\n{done.stdout}"


def main() -> int:
    """Run the command."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = [said for said in pool.map(problems, (name for name in DISTRIBUTIONS if sources(name))) if said]
    print("".join(found), end="", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
