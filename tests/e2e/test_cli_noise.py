"""``autopack noise``: one commit, measured several times."""

import json
from pathlib import Path

import pytest

from tests.builders import GitSandbox
from tests.e2e.command import Command
from tests.lean_python import lean_python

STEADY = "def test_good():\n    pass\n\ndef test_bad():\n    assert False\n"


def unsteady(counter: Path) -> str:
    """A module whose test fails each second time that it is run."""
    return f"""
import pathlib

import pytest

COUNTER = pathlib.Path({str(counter)!r})

def test_now_and_then():
    times = len(COUNTER.read_text()) if COUNTER.exists() else 0
    COUNTER.write_text("x" * (times + 1))
    assert times % 2 == 0
"""


class Measured:
    """A repository, and the command line."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.repository = GitSandbox(folder / "repository")
        self.json = folder / "noise.json"
        self._command = Command(home=folder / "home")
        self._capture = capture

    def noise(self, *options: str) -> tuple[int, str]:
        """Measure HEAD three times; the exit code and what was printed."""
        outcome = self._command.run_here(
            self._capture,
            *("noise", "--repo", str(self.repository.root), "--python", str(lean_python()), "--runs", "3"),
            *("--json", str(self.json), *options),
        )
        return outcome.code, outcome.out


@pytest.fixture
def measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Measured:
    """Nothing measured yet."""
    return Measured(tmp_path, capsys)


def test_unstable(measured: Measured, tmp_path: Path) -> None:
    """A test that fails now and then is listed with its outcome in each suite run, and the exit code is 1; one that
    always fails is not.
    """
    measured.repository.commit({"test_steady.py": STEADY, "test_it.py": unsteady(tmp_path / "counter")})

    code, out = measured.noise()

    document = json.loads(measured.json.read_text())
    assert (
        1,
        [{"name": "test_it.py::test_now_and_then", "outcomes": ["passed", "failed", "passed"]}],
    ) == (code, document["unstable"])
    assert "passed in 2 of 3, failed in 1 of 3; in order: passed, failed, passed" in out
    assert [(True, 3)] * 3 == [(run["complete"], run["tests"]) for run in document["runs"]]
    assert measured.repository.git("rev-parse", "HEAD").strip() == document["revision"]


def test_steady(measured: Measured) -> None:
    """A suite that is the same each time has no unstable test, though one always fails, and the exit code is 0."""
    measured.repository.commit({"test_steady.py": STEADY})

    code, out = measured.noise()

    assert (0, []) == (code, json.loads(measured.json.read_text())["unstable"])
    assert out.startswith("no unstable test in 3 suite runs of ")


def test_unproven(measured: Measured) -> None:
    """A suite that does not run to its end proves nothing: the exit code is that of INCONCLUSIVE."""
    measured.repository.commit({"test_exit.py": "import os\n\ndef test_it():\n    os._exit(3)\n"})

    code, out = measured.noise()

    assert 3 == code
    assert out.startswith("nothing is proven in 3 suite runs of ")
    assert 3 == out.count(" proves nothing (")


@pytest.mark.parametrize("option", ["--runs=1", "--base=nothing-of-this-name"])
def test_bad_input(measured: Measured, option: str) -> None:
    """What cannot be measured is wrong usage."""
    measured.repository.commit({"test_steady.py": STEADY})

    assert 2 == measured.noise(option)[0]
