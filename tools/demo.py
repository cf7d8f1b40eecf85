"""``make demo``: gate five candidates of a sample repository, each with a real gate run, and print the verdicts."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools.sample_repository import CANDIDATES, create_sample_repository

QUIET_EFFECTS = {"note"}


def main() -> int:
    """Run the demo. Returns 1 when a verdict is not the expected one."""
    table = Table("candidate", "what it does", "verdict", "reasons", "exit code", "seconds", "baseline")
    as_expected = True
    with tempfile.TemporaryDirectory(prefix="autopack-demo-") as folder:
        repository = Path(folder, "tally")
        create_sample_repository(repository)
        # The demo's runs are its own: they do not show up in the user's 'autopack runs'.
        environment = os.environ | {"AUTOPACK_HOME": str(Path(folder, "state"))}
        for candidate in CANDIDATES:
            command = [
                str(Path(sys.executable).parent / "autopack"),
                *("gate", "--repo", str(repository), "--base", "main", "--head", candidate.branch),
                *("--python", sys.executable, "--json", "-"),
            ]
            started = time.monotonic()
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
            seconds = time.monotonic() - started
            result = json.loads(done.stdout) if done.stdout else {"verdict": None, "reasons": [], "base": None}
            codes = [reason["code"] for reason in result["reasons"] if reason["effect"] not in QUIET_EFFECTS] or [
                reason["code"] for reason in result["reasons"]
            ]
            reused = bool(result["base"] and result["base"]["reused"])
            table.add_row(
                candidate.branch,
                candidate.does,
                str(result["verdict"]),
                ", ".join(codes),
                str(done.returncode),
                f"{seconds:.1f}",
                "reused" if reused else "measured",
            )
            as_expected &= result["verdict"] == candidate.verdict and candidate.code in codes
    Console().print(table)
    if not as_expected:
        print("the verdicts are not the expected ones", file=sys.stderr)
    return 0 if as_expected else 1


if __name__ == "__main__":
    sys.exit(main())
