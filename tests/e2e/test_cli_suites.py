"""Suites that are odd but healthy: whatever their options and output, the gate decides as for any other."""

import sys
from pathlib import Path

import pytest

from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

# One test fails on both sides, one is broken by the candidate, and they print what no log expects.
TESTS = """
import sys
import pytest
import thing

def test_binary():
    sys.stdout.buffer.write(bytes(range(256)) * 100)
    sys.stderr.buffer.write(b"\\xff\\xfe\\x00")

def test_failing():
    assert thing.VALUE == 0

def test_fine():
    assert thing.VALUE == 1

@pytest.mark.parametrize("number", range(3))
def test_number(number):
    pass
"""
OPTIONS = {
    "exit_first": "-x",
    "no_terminal": "-p no:terminal",
    "very_quiet": "-q -q",
    "last_failed": "--lf",
    "stepwise": "--sw",
    "xdist": "-n 2",
    "strict": "--strict-markers --strict-config",
    "warnings": "-W error",
    "no_capture": "-s",
    "importlib": "--import-mode=importlib",
    "no_header": "--no-header --no-summary --tb=no",
}


@pytest.fixture(params=OPTIONS, scope="module")
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose ini adds options."""
    if request.param == "xdist":
        pytest.importorskip("xdist")
    repository = GitSandbox(tmp_path_factory.mktemp("suite"))
    repository.commit(
        {
            "pytest.ini": f"[pytest]\naddopts = {OPTIONS[request.param]}\npythonpath = .\n",
            "test_thing.py": TESTS,
            "thing.py": "VALUE = 1\n",
        }
    )
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"thing.py": "VALUE = 2\n"})
    return repository.root


def test_options_of_the_suite(gates: Gates, repository: Path) -> None:
    """Options in the ini of the suite change neither what runs nor what is decided."""
    with_plugins = Path(sys.executable) if "-n 2" in (repository / "pytest.ini").read_text() else None
    report = gates.gate(repository, candidate=CommitCandidate(revision="candidate"), interpreter=with_plugins)

    assert ("BLOCK", ["newly_failing", "changed_failure"]) == (verdict(report), codes(report))
    assert report.base is not None
    assert report.head is not None
    assert (6, 6) == (len(report.base.test_ids), len(report.head.test_ids))
