"""``autopack explain``: why, where to look, and commands that really show it."""

import subprocess
from pathlib import Path

import pytest

from autopack_model.gate_request.candidate import CommitCandidate
from dev.demo.sample_repository import create_sample_repository
from tests.builders import GitSandbox
from tests.e2e.command import Command
from tests.e2e.gating import embedded_gates, verdict
from tests.lean_python import lean_python

LONG = "long-" * 2000
# Test functions whose names, parameters and messages are made to confuse whoever prints or runs them.
HOSTILE = f'''
import pytest

VALUES = ["[bold]", "a\\nb", "caf\\u00e9 \\u4f60", "$(touch pwned)", "it's \\"quoted\\"", "back\\\\slash"]

@pytest.mark.parametrize("value", VALUES)
def test_hostile(value):
    assert FINE, "\\033[31mred\\033[0m " + value

@pytest.mark.parametrize("value", [1, 1], ids=["same", "same"])
def test_twice(value):
    assert FINE

@pytest.mark.parametrize("value", [1], ids=["{LONG}"])
def test_long(value):
    assert FINE
'''
# Ids that pytest itself would not make: a plugin does.
CONFTEST = """
import pytest

class Odd(pytest.Item):
    def runtest(self):
        import test_hostile
        assert test_hostile.FINE

class Odds(pytest.File):
    def collect(self):
        yield Odd.from_parent(self, name="new\\nline")
        yield Odd.from_parent(self, name="\\033]0;title\\007")
        yield Odd.from_parent(self, name="twin")
        yield Odd.from_parent(self, name="twin")
        yield Odd.from_parent(self, name="right \\u202e left")

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".odd":
        return Odds.from_parent(parent, path=file_path)
"""


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command line with a state directory."""
    return Command(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def explained(command: Command, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What ``explain`` prints of each candidate of the sample, and of one with hostile names, by run id."""
    folder = tmp_path_factory.mktemp("re positories")
    create_sample_repository(folder / "tally")
    hostile = GitSandbox(folder / "it's")
    hostile.commit({"conftest.py": CONFTEST, "items.odd": "", "test_hostile.py": f"{HOSTILE}\nFINE = True\n"})
    hostile.git("switch", "--quiet", "--create", "hostile")
    hostile.commit({"test_hostile.py": f"{HOSTILE}\nFINE = False\n"})
    with embedded_gates(command.home) as gates:
        for branch in ("fix", "regression", "broken-import"):
            gates.gate(folder / "tally", candidate=CommitCandidate(revision=branch), run_id=branch)
        report = gates.gate(hostile.root, candidate=CommitCandidate(revision="hostile"), run_id="hostile")
    assert "BLOCK" == verdict(report)
    return {run_id: command.run("explain", run_id).out for run_id in ("fix", "regression", "broken-import", "hostile")}


def reproduction(text: str) -> list[str]:
    """The commands of an explanation."""
    return [line.strip() for line in text.partition("To see it:\n")[2].splitlines()]


def test_reasons(explained: dict[str, str]) -> None:
    """Each reason comes with its rule, its tests, both sides' evidence, and the file to look at."""
    lines = [line.strip() for line in explained["regression"].splitlines()]

    start = lines.index("block: newly_failing")
    assert (
        "rule: the test passed, was skipped or was expected to fail on base, and fails on head -> block"
        == lines[start + 2]
    )
    test = lines.index("- tests/test_ledger.py::test_withdraw_takes_away")
    expected = [
        "look at: tests/test_ledger.py",
        "base: passed; in 5 retries: 5 passed",
        "head: failed; in 5 retries: 5 failed",
    ]
    assert expected == lines[test + 1 : test + 4]
    assert "AssertionError" in lines[test + 4]


@pytest.mark.parametrize(
    ("run_id", "code", "shown"),
    [
        ("regression", 1, "5 failed"),
        ("broken-import", 2, "ImportError: cannot import name 'Book'"),
        ("hostile", 1, "14 failed"),
    ],
)
def test_commands_reproduce(explained: dict[str, str], tmp_path: Path, run_id: str, code: int, shown: str) -> None:
    """The printed commands, pasted into a shell, show the failing tests failing, and nothing else."""
    commands = reproduction(explained[run_id])

    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(commands)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert code == done.returncode, done.stdout + done.stderr
    assert shown in done.stdout
    assert "passed" not in done.stdout.splitlines()[-1]
    assert [] == list(tmp_path.iterdir())


def test_nothing_to_reproduce(explained: dict[str, str]) -> None:
    """A run on whose head nothing fails has no commands."""
    assert "newly_passing" in explained["fix"]
    assert [] == reproduction(explained["fix"])


def test_hostile_names_are_harmless(explained: dict[str, str]) -> None:
    """Control characters, directions and markup of names and messages are shown, never obeyed; lines stay lines."""
    text = explained["hostile"]

    assert [] == [character for character in text if not (character.isprintable() or character == "\n")]
    lines = [line.strip() for line in text.splitlines()]
    for name in (
        "test_hostile.py::test_hostile[[bold]]",
        "test_hostile.py::test_hostile[$(touch pwned)]",
        "items.odd::twin (occurrence 2)",
        "items.odd::new\\nline",
        "items.odd::\\x1b]0;title\\x07",
        "items.odd::right \\u202e left",
        "test_hostile.py::test_twice[same1]",
    ):
        assert f"- {name}" in lines
    assert any("\\x1b[31mred" in line for line in lines)


def test_undecided_runs(command: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run that was never decided is explained by how it ended."""
    GitSandbox(tmp_path / "repository").commit({"test_it.py": "def test_it():\n    pass\n"})
    repository = GitSandbox.at(tmp_path / "repository")
    repository.commit({"test_it.py": "def test_it():\n    assert True\n"})
    (repository.root / ".autonomous_runs").write_text("in the way")
    gate = ["gate", "--repo", str(repository.root), "--base", "HEAD~", "--head", "HEAD", "--python", str(lean_python())]
    assert 70 == command.run_here(capfd, *gate, "--run-id", "undecided").code

    outcome = command.run_here(capfd, "explain", "undecided")

    assert 0 == outcome.code
    assert "verdict    none; failed: " in outcome.out
    assert "[EVIDENCE_NOT_WRITTEN]" in outcome.out
    assert "base       not measured" in outcome.out
