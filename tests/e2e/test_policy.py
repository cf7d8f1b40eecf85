"""Policies, waivers and answers of people, through the command."""

import json
from pathlib import Path

import pytest

from tests.builders import GitSandbox
from tests.e2e.command import Command
from tests.lean_python import lean_python

POLICY = """
[policy]
min_tests = 1
[policy.effects]
retired = "review"
"""
WAIVER = """
[[waiver]]
category = "retired"
subjects = "test_it.py::test_b"
reason = "b is gone"
approver = "the owner"
expires = 2199-12-31
"""
BOTH = "def test_a():\n    pass\n\ndef test_b():\n    pass\n"
ONE = "def test_a():\n    pass\n"


@pytest.fixture
def repository(tmp_path: Path) -> GitSandbox:
    """A base with a policy, and a candidate that lacks a test and would waive that itself."""
    made = GitSandbox(tmp_path / "repository")
    made.commit({"autopack.toml": POLICY, "test_it.py": BOTH})
    made.git("switch", "--quiet", "--create", "candidate")
    made.commit({"test_it.py": ONE})
    return made


def test_a_policy_of_the_base_a_waiver_and_an_answer(tmp_path: Path, repository: GitSandbox) -> None:
    """The base's policy asks a person, whose answer gives exit code 0; the operator's own policy blocks, and a waiver
    decides that anew; every decision is derived again, and other policies are tried on the same evidence.
    """
    command = Command(home=tmp_path / "home")
    gate = (
        "gate",
        "--repo",
        str(repository.root),
        "--base",
        "main",
        "--head",
        "candidate",
        "--python",
        str(lean_python()),
    )
    assert 4 == command.run(*gate, "--run-id", "asked").code
    assert 4 == command.run("status", "asked").code
    assert 0 == command.run("approve", "asked", "--reason", "seen", "--by", "the owner").code
    status = command.run("status", "asked", "--json", "-")
    assert (0, "the owner") == (status.code, json.loads(status.out)["approvals"][0]["name"])
    assert "approved by the owner" in command.run("runs").out

    strict, waived = tmp_path / "strict.toml", tmp_path / "waived.toml"
    strict.write_text('[policy.effects]\nretired = "block"\n')
    waived.write_text(POLICY + WAIVER)
    assert 1 == command.run(*gate, "--run-id", "blocked", "--policy", str(strict)).code
    assert 2 == command.run("approve", "blocked", "--reason", "seen").code
    assert 0 == command.run("what-if", "blocked", "--policy", str(waived)).code
    assert 1 == command.run("status", "blocked").code
    entry = ("waive", "blocked", "--subjects", "*test_b", "--reason", "gone", "--approver", "owner", "--expires", "30d")
    assert '[[waiver]]\ncategory = "retired"' in command.run(*entry).out
    assert 0 == command.run(*entry, "--now", "--by", "operator").code
    assert 0 == command.run("status", "blocked").code
    assert "decided anew as ALLOW for operator" in command.run("explain", "blocked").out
    assert [0, 0] == [command.run("replay", run).code for run in ("asked", "blocked")]


def test_the_candidate_cannot_change_the_policy(tmp_path: Path, repository: GitSandbox) -> None:
    """A waiver that the candidate brings along lifts nothing, and its file is protected."""
    repository.commit({"autopack.toml": POLICY + WAIVER})
    command = Command(home=tmp_path / "home")
    gated = command.run(
        *("gate", "--repo", str(repository.root), "--base", "main", "--head", "candidate", "--json", "-"),
        *("--python", str(lean_python())),
    )
    reasons = {reason["code"]: reason["effect"] for reason in json.loads(gated.out)["reasons"]}
    assert (4, "review", "review") == (gated.code, reasons["retired"], reasons["protected_path"])


def test_a_policy_that_cannot_be_is_refused_before_anything_runs(tmp_path: Path, repository: GitSandbox) -> None:
    """A floor that would be broken is a usage error with its reason, and no run is recorded."""
    file = tmp_path / "open.toml"
    file.write_text('[policy.effects]\nnewly_failing = "note"\n')
    command = Command(home=tmp_path / "home")
    refused = command.run(
        *("gate", "--repo", str(repository.root), "--base", "main", "--head", "candidate", "--policy", str(file))
    )
    assert (2, True) == (refused.code, "at least review is needed, because a test that" in refused.err)
    assert "" == command.run("runs").out
