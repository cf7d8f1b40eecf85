"""``autopack.toml``: what a suite needs besides its commit reaches both sides, and no secret reaches a record."""

import json
import sys
from pathlib import Path

import pytest

from tests.builders import GitSandbox
from tests.e2e.command import Command
from tests.lean_python import lean_python

TOKEN, FILE = "top-secret-value", "copied-secret-value"
CONFIGURATION = f"""
[gate]
python = {sys.executable!r}
folder = "service"
env = ["TOKEN", "MODE=test"]
copy = ["service/.env"]
before_side = "echo $TOKEN; sleep 60 & echo $! > started.pid"
after_side = "kill -0 $(cat started.pid) && echo it lives"
"""
TESTS = """
import os, pathlib, thing

def test_given():
    assert ("test", True) == (os.environ["MODE"], pathlib.Path(".env").read_text().startswith("copied"))
    assert pathlib.Path("started.pid").exists()

def test_thing():
    assert thing.VALUE == 1

def test_message():
    assert os.environ["TOKEN"] == "other"
"""


@pytest.fixture
def repository(tmp_path: Path) -> GitSandbox:
    """A repository whose suite needs a variable, an ignored file, a folder and a service."""
    made = GitSandbox(tmp_path / "repository")
    made.commit(
        {
            "autopack.toml": CONFIGURATION,
            ".gitignore": ".env\n",
            "service/pytest.ini": "[pytest]\npythonpath = .\n",
            "service/thing.py": "VALUE = 1\n",
            "service/test_it.py": TESTS,
        }
    )
    made.git("switch", "--quiet", "--create", "candidate")
    made.commit({"service/thing.py": "VALUE = 2\n", "autopack.toml": "[gate]\nsetup = 'exit 1'\n"})
    made.write({"service/.env": FILE})
    return made


def test_a_suite_gets_what_the_base_says(tmp_path: Path, repository: GitSandbox) -> None:
    """The broken test is seen, the test that passes on both sides got everything, the candidate's configuration counts
    nothing, and no file of ours holds a secret.
    """
    command = Command(home=tmp_path / "home")
    arguments = ("gate", "--repo", str(repository.root), "--base", "main", "--head", "candidate", "--json", "-")
    done = command.run(*arguments, variables={"TOKEN": TOKEN})

    result = json.loads(done.out)
    assert (1, ["service/test_it.py::test_thing"]) == (done.code, result["delta"]["newly_failing"])
    assert ["service/test_it.py::test_given"] == result["delta"]["still_passing"]
    logs = sorted((repository.root / ".autonomous_runs").glob("*/baselines/*_side.log"))
    assert ["it lives\n", "[TOKEN]\n"] == [log.read_text() for log in logs]
    for secret in (TOKEN.encode(), FILE.encode()):
        kept = [*(tmp_path / "home").rglob("*"), *(repository.root / ".autonomous_runs").rglob("*")]
        assert [] == [path for path in kept if path.is_file() and secret in path.read_bytes()]


def test_a_variable_that_is_not_set_is_refused(tmp_path: Path, repository: GitSandbox) -> None:
    """The message names the variable and where it stands; nothing is run."""
    command = Command(home=tmp_path / "home")
    done = command.run("gate", "--repo", str(repository.root), "--base", "main", "--head", "candidate")
    assert (2, True) == (done.code, "autopack.toml:5: TOKEN is not set" in done.err)
    shown = command.run("config", "--repo", str(repository.root), "--base", "main", "--env", "OTHER=value").out
    assert [] == [text for text in ("TOKEN", "autopack.toml:5", "--env") if text not in shown]
    assert "value" not in shown


ENDS = """
[gate]
python = {python!r}
timeout = "3s"
before_side = {before!r}
after_side = "echo it would not stop; exit 3"
"""


@pytest.mark.parametrize(
    ("on_base", "on_head", "code", "reason", "words"),
    [
        ("true", "exit 2", 1, "head_before_side_failed", "before_side 'sh start.sh' ended with exit code 2"),
        ("true", "sleep 60", 1, "head_before_side_failed", "before_side 'sh start.sh' did not end in time"),
        ("exit 2", "exit 2", 3, "base_before_side_failed", "before_side 'sh start.sh' ended with exit code 2"),
        ("exit 2", "true", 4, "base_repaired", "that of head ran to its end"),
    ],
)
def test_a_command_before_the_suite_that_fails(
    tmp_path: Path, on_base: str, on_head: str, code: int, reason: str, words: str
) -> None:
    """Where it fails on head alone the candidate broke it; on base too, it speaks against nobody."""
    repository = GitSandbox(tmp_path / "repository")
    configuration = ENDS.format(python=str(lean_python()), before="sh start.sh")
    test = "def test_it(): pass\n"
    repository.commit({"autopack.toml": configuration, "start.sh": f"{on_base}\n", "test_it.py": test})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"start.sh": f"{on_head}\n", "NOTES.md": "changed\n"})
    command = Command(home=tmp_path / "home")
    gated = command.run(
        *("gate", "--repo", str(repository.root), "--base", "main", "--head", "candidate", "--run-id", "it")
    )
    explained = command.run("explain", "it").out
    assert (code, True, True) == (gated.code, reason in gated.out, words in explained), (gated, explained)
    assert "after_side 'echo it would not stop; exit 3' ended with exit code 3" in explained
    assert "        it would not stop" in explained
