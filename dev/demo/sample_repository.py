"""A small, realistic git repository with five candidates: what ``make demo`` gates, and what tests gate too.

The package keeps accounts. On its main branch some thirty tests run, one of them fails (splitting an amount loses
cents), and one module is skipped as a whole.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.demo.tally import FAILING_TEST, FILES, FIXED_SPLIT, SPLIT


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCandidate:
    """One candidate: its branch, what it does, and the verdict and reason code that a gate must come to."""

    branch: str
    does: str
    verdict: str
    code: str
    edits: tuple[tuple[str, str, str], ...]


CANDIDATES = (
    SampleCandidate(
        branch="fix",
        does="mends the failing test's cause",
        verdict="ALLOW",
        code="newly_passing",
        edits=(("tally/money.py", SPLIT, FIXED_SPLIT),),
    ),
    SampleCandidate(
        branch="regression",
        does="breaks withdrawals",
        verdict="BLOCK",
        code="newly_failing",
        edits=(("tally/ledger.py", "Money(-amount.cents)", "Money(amount.cents)"),),
    ),
    SampleCandidate(
        branch="deleted-test",
        does="deletes the failing test",
        verdict="BLOCK",
        code="removed_failing",
        edits=(("tests/test_money.py", FAILING_TEST, ""),),
    ),
    SampleCandidate(
        branch="skipped-test",
        does="skips the failing test",
        verdict="BLOCK",
        code="muted_failing",
        edits=(("tests/test_money.py", FAILING_TEST, FAILING_TEST.replace("\n\ndef", "\n\n@pytest.mark.skip\ndef")),),
    ),
    SampleCandidate(
        branch="broken-import",
        does="breaks a module's import",
        verdict="BLOCK",
        code="new_collection_error",
        edits=(("tally/report.py", "from tally.ledger import Ledger", "from tally.ledger import Book"),),
    ),
)


def create_sample_repository(root: Path) -> None:
    """Make the repository at ``root``: branch ``main``, and a branch for each candidate."""
    root.mkdir(parents=True)
    _git(root, "init", "--quiet", "--initial-branch=main")
    for name, text in FILES.items():
        _write(root / name, text)
    _commit(root, "Keep accounts in whole cents")
    for candidate in CANDIDATES:
        _git(root, "switch", "--quiet", "--create", candidate.branch, "main")
        for name, old, new in candidate.edits:
            before = (root / name).read_text(encoding="utf-8")
            if before.count(old) != 1:
                raise ValueError(f"{name} does not hold the text that {candidate.branch} replaces exactly once")
            _write(root / name, before.replace(old, new))
        _commit(root, candidate.does.capitalize())
    _git(root, "switch", "--quiet", "main")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _commit(root: Path, message: str) -> None:
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", message)


def _git(root: Path, *arguments: str) -> None:
    identity = {
        "GIT_AUTHOR_NAME": "Sample",
        "GIT_AUTHOR_EMAIL": "sample@localhost",
        "GIT_COMMITTER_NAME": "Sample",
        "GIT_COMMITTER_EMAIL": "sample@localhost",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, env=inherited | identity)
