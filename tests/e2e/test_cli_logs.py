"""What a run left can be read again: from this machine, from a remote executor, and, in short, from the store alone."""

import json
from pathlib import Path

import pytest

from tests.builders import GitSandbox
from tests.e2e.command import Command, Outcome
from tests.e2e.stack import running_stack
from tests.lean_python import lean_python

TESTS = "def test_one():\n    print('\\033[2J')\n    assert True\n"
CANDIDATES = {
    "option": {"pytest.ini": "[pytest]\naddopts = --cov=acme\n"},
    "ends": {"test_ends.py": "import os\n\ndef test_that_ends():\n    print('bye', flush=True)\n    os._exit(0)\n"},
    "uncollected": {"test_bad.py": "import nowhere_to_be_found\n"},
    "limit": {"conftest.py": "def pytest_sessionfinish(session):\n    print('too slow')\n    session.exitstatus = 1\n"},
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> GitSandbox:
    """A repository with a branch for each candidate."""
    repository = GitSandbox(tmp_path_factory.mktemp("logs") / "repository")
    repository.commit({"test_one.py": TESTS})
    for branch, files in CANDIDATES.items():
        repository.git("switch", "--quiet", "--create", branch, "main")
        repository.commit(files)
    repository.git("switch", "--quiet", "main")
    return repository


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command line with a state directory."""
    return Command(home=tmp_path_factory.mktemp("home"))


def gate(command: Command, repository: GitSandbox, head: str, *options: str) -> Outcome:
    """Gate a candidate, as a run of its name."""
    return command.run(
        *("gate", "--repo", str(repository.root), "--base", "main", "--head", head, "--run-id", head),
        *("--python", str(lean_python()), *options),
    )


SAID = [
    (
        "option",
        ["no installed plugin of pytest has the option that is given: --cov=acme", "-m pip install pytest-cov'"],
        ["python -m pytest: error: unrecognized arguments: --cov=acme", "all of it: autopack logs option --side head"],
    ),
    (
        "ends",
        ["something ended the process in test_ends.py::test_that_ends without a word to pytest"],
        ["was running: test_ends.py::test_that_ends", "head: pytest ended with exit code 0"],
    ),
    (
        "uncollected",
        ["1 passed, 1 module could not be collected"],
        ["likely cause: the module nowhere_to_be_found is missing"],
    ),
    ("limit", ["a plugin or a hook made the exit code 1 although no test failed"], ["too slow"]),
]


@pytest.mark.parametrize(("head", "summary", "explanation"), SAID)
def test_it_says_what_happened(
    command: Command, repository: GitSandbox, head: str, summary: list[str], explanation: list[str]
) -> None:
    """A suite run that shows nothing is explained in the summary and, with its output, by ``explain``."""
    gated = gate(command, repository, head)
    explained = command.run("explain", head)

    assert (1, 0) == (gated.code, explained.code)
    assert [] == [words for words in summary if words not in gated.out], gated.out
    assert [] == [words for words in explanation if words not in explained.out], explained.out


def test_files_of_a_local_run(command: Command, repository: GitSandbox) -> None:
    """``logs`` lists and prints what a run left; a reused baseline and a file that is not there are named."""
    repository.git("switch", "--quiet", "--create", "set-up", "main")
    repository.commit({"extra.py": ""})
    repository.git("switch", "--quiet", "main")
    failed = gate(command, repository, "set-up", "--setup", "echo no compiler here; exit 3")

    listed = command.run("logs", "set-up", "--list")
    printed = command.run("logs", "set-up", "--side", "base", "--what", "setup")
    result = command.run("logs", "set-up", "--what", "result")
    missing = command.run("logs", "set-up", "--what", "output")

    assert 3 == failed.code, failed
    assert ["base", "setup"] == listed.out.splitlines()[0].split()[:2]
    assert "no compiler here\n" == printed.out
    assert "INCONCLUSIVE" == json.loads(result.out)["verdict"]
    assert (2, "") == (missing.code, missing.out)
    assert "run set-up has no file 'output' of its head on this executor" in missing.err


BAD = [
    (("nobody",), "there is no run nobody"),
    (("../etc",), "run_id"),
    (("set-up", "--side", "left"), "--side 'left' is not known; use head, base, cross or reverse"),
    (("set-up", "--what", "passwd"), "--what 'passwd' is not known; use one of output, setup, recorder"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_what_cannot_be_printed(
    command: Command, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    """A run, a side or a file that there is not is a mistake of the caller's, and is named."""
    outcome = command.run_here(capfd, "logs", *arguments)

    assert (2, "") == (outcome.code, outcome.out)
    assert message in outcome.err


@pytest.mark.parametrize(
    ("born", "options", "why"),
    [
        (True, ("--no-baseline",), "because the run did not measure its base"),
        (False, (), "because the run has no base"),
    ],
)
def test_a_run_without_a_base_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], *, born: bool, options: tuple[str, ...], why: str
) -> None:
    """Who asks for the files of a base that there is not learns that, and not that a file is missing."""
    command, repository = Command(home=tmp_path / "home"), GitSandbox(tmp_path / "repository")
    if born:
        repository.commit({"NOTES.md": "begun\n"})
    repository.write({"test_it.py": "def test_it(): pass\n"})
    place = ("--repo", str(repository.root), "--python", str(lean_python()), "--run-id", "alone")
    gated = command.run_here(capfd, "gate", *place, "--worktree", *options)
    asked = command.run_here(capfd, "logs", "alone", "--side", "base")

    assert (0, 2, "") == (gated.code, asked.code, asked.out), gated
    assert why in asked.err


def test_files_of_a_remote_run(repository: GitSandbox, tmp_path: Path) -> None:
    """The output of a run on a remote executor is fetched whole; when its files are gone, the store still explains."""
    with running_stack(tmp_path, AUTOPACK_EXECUTOR_PYTHON=str(lean_python())) as stack:
        gated = stack.command.run(
            *("gate", "--repo", str(repository.root), "--base", "main", "--head", "option", "--run-id", "far"),
            *stack.options,
        )
        listed = stack.command.run("logs", "far", "--list", *stack.options)
        printed = stack.command.run("logs", "far", *stack.options)
        kept = stack.home / ".autonomous_runs" / "far"
        whole = (kept / "ci" / "gate" / "1" / "output.log").read_text()
        kept.rename(tmp_path / "gone")
        gone = stack.command.run("logs", "far", *stack.options)
        explained = stack.command.run("explain", "far", *stack.options[1:])

    assert 1 == gated.code, gated
    assert {"base", "head"} == {line.split()[0] for line in listed.out.splitlines()}
    assert whole == printed.out
    assert "unrecognized arguments: --cov=acme" in printed.out
    assert 2 == gone.code
    assert "run far left no files on this executor: another executor ran it, or its files were deleted" in gone.err
    assert "unrecognized arguments: --cov=acme" in explained.out
