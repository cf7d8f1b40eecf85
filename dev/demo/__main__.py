"""``make demo``: gate five candidates of a sample repository, each with a real gate run, and print the verdicts."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from dev.demo.sample_repository import CANDIDATES, SampleCandidate, create_sample_repository


def main() -> int:
    """Run the demo. Returns 1 when a verdict is not the expected one."""
    table = Table(
        Column("candidate", no_wrap=True),
        Column("what it does"),
        Column("verdict", no_wrap=True),
        Column("reasons", no_wrap=True),
        Column("exit code", justify="right"),
        Column("baseline"),
        Column("seconds", justify="right"),
    )
    as_expected = True
    with tempfile.TemporaryDirectory(prefix="autopack-demo-") as folder:
        repository = Path(folder, "tally")
        create_sample_repository(repository)
        # The demo's runs are its own: they do not show up in the user's 'autopack runs'.
        environment = os.environ | {"AUTOPACK_HOME": str(Path(folder, "state"))}
        for candidate in CANDIDATES:
            print(f"gating {candidate.branch}, which {candidate.does} ...", flush=True)
            started = time.monotonic()
            done = _gate(repository, candidate, environment)
            seconds = time.monotonic() - started
            result = json.loads(done.stdout) if done.stdout else {"verdict": None, "reasons": [], "base": None}
            codes = _codes(result["reasons"])
            table.add_row(
                candidate.branch,
                candidate.does,
                str(result["verdict"]),
                ", ".join(codes),
                str(done.returncode),
                "reused" if result["base"] and result["base"]["reused"] else "measured",
                f"{seconds:.1f}",
            )
            if (candidate.verdict, True) != (result["verdict"], candidate.code in codes):
                as_expected = False
                print(done.stderr, file=sys.stderr)
    console = Console()
    Console(width=None if console.is_terminal else 120).print(table)
    if not as_expected:
        print("the verdicts are not the expected ones", file=sys.stderr)
    return 0 if as_expected else 1


def _gate(
    repository: Path, candidate: SampleCandidate, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """One gate run, as a user would start it."""
    command = [
        str(Path(sys.executable).parent / "autopack"),
        *("gate", "--repo", str(repository), "--base", "main", "--head", candidate.branch),
        *("--python", sys.executable, "--json", "-"),
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _codes(reasons: list[dict[str, str]]) -> list[str]:
    """The codes of the reasons that are more than notes; the notes' where there is nothing else."""
    return [reason["code"] for reason in reasons if reason["effect"] != "note"] or [
        reason["code"] for reason in reasons
    ]


if __name__ == "__main__":
    sys.exit(main())
