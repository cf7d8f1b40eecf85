"""``autopack replay``: the stored evidence gives the recorded decision again, or the command says that it does not."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from autopack_rpc.roles import Role
from dev.demo.sample_repository import create_sample_repository
from tests.builders import GitSandbox
from tests.contract.store_server import store_server
from tests.e2e.command import Command
from tests.e2e.stack import running_stack
from tests.lean_python import lean_python

PYTHON = ("--python", str(lean_python()))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository."""
    root = tmp_path_factory.mktemp("sample") / "tally"
    create_sample_repository(root)
    return root


def _gate(repository: Path, run_id: str) -> list[str]:
    return ["gate", "--repo", str(repository), "--base", "main", "--head", run_id, "--run-id", run_id, "--json", "-"]


@pytest.mark.parametrize(("candidate", "code"), [("fix", 0), ("regression", 1), ("broken-import", 1)])
def test_a_decision_is_derived_again(
    tmp_path: Path, repository: Path, candidate: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever the verdict was, the stored evidence gives the same decision, and that is exit code 0."""
    command = Command(home=tmp_path / "home")
    gated = command.run_here(capfd, *_gate(repository, candidate), *PYTHON)
    digest = json.loads(gated.out)["decision_digest"]

    outcome = command.run_here(capfd, "replay", candidate)

    assert (code, 0, "") == (gated.code, outcome.code, outcome.err)
    assert f"EQUAL run {candidate}\n  recorded  {digest}\n  derived   {digest}\n" == outcome.out


def test_a_decision_that_the_evidence_does_not_give(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A recorded decision that nobody derives from the stored evidence is exit code 1, and what differs is named."""
    with store_server(tmp_path / "home") as store:
        attempt = store.start_decided_run()
        recorded = store.runs.run(attempt.run_id).attempts[0].decision_digest
    command = Command(home=tmp_path / "home")

    outcome = command.run_here(capfd, "replay", attempt.run_id)
    document = json.loads(command.run_here(capfd, "replay", attempt.run_id, "--json", "-").out)

    assert (1, "DIFFERENT run run-1", f"  recorded  {recorded}") == (outcome.code, *outcome.out.splitlines()[:2])
    assert [f"  differs   {member}" for member in document["differing"]] == outcome.out.splitlines()[3:-1]
    assert ("run-1", "gate", 1, False) == (*(document[name] for name in ("run_id", "phase", "attempt", "equal")),)
    assert "reasons" in document["differing"]
    assert recorded == document["recorded_digest"] != document["derived_digest"]


@pytest.mark.parametrize(
    ("command_name", "said"),
    [("replay", "has no evidence for HEAD"), ("explain", "it is decided, and has no evidence of its head")],
)
def test_a_decision_whose_evidence_is_no_longer_attached(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], command_name: str, said: str
) -> None:
    """A database that lost what evidence an attempt has is damaged: that is neither equal, nor undecided."""
    with store_server(tmp_path / "home") as store:
        attempt = store.start_decided_run()
    with contextlib.closing(sqlite3.connect(tmp_path / "home" / "store.db")) as database, database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("DELETE FROM attempt_evidence")
        for _, statement in triggers:
            database.execute(statement)

    outcome = Command(home=tmp_path / "home").run_here(capfd, command_name, attempt.run_id)

    assert (70, "", True) == (outcome.code, outcome.out, said in outcome.err), outcome.err


def test_nothing_to_derive(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run that does not exist, one without a decision, and what is not a name are wrong usage."""
    with store_server(tmp_path / "home") as store:
        store.start_run()
    command = Command(home=tmp_path / "home")

    for run_id, message in (
        ("nosuch", "there is no run nosuch"),
        ("run-1", "run run-1 has no decision to derive again"),
        ("../x", "'../x' is not a valid name"),
    ):
        outcome = command.run_here(capfd, "replay", run_id)
        assert (2, "", True) == (outcome.code, outcome.out, message in outcome.err), outcome.err


def test_services_elsewhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A client's token will do; the store and the gatekeeper are needed, and the executor is not."""
    sandbox = GitSandbox(tmp_path / "repository")
    for number in range(2):
        sandbox.commit({"test_it.py": f"def test_it():\n    assert {number} < 2\n"})
    with running_stack(tmp_path) as stack:
        names = ("store", "gatekeeper", "executor")
        store, gatekeeper, executor = (f"--{name}={stack.services[name].address}" for name in names)
        token = f"--token-file={stack.token(Role.CLIENT)}"
        repo = ("--repo", str(sandbox.root), "--base", "HEAD~", "--head", "HEAD", "--run-id", "it")
        assert 0 == stack.command.run_here(capfd, "gate", *stack.options, *repo, *PYTHON).code

        both = stack.command.run_here(capfd, "replay", "it", store, gatekeeper, token)
        all_of_them = stack.command.run_here(capfd, "replay", "it", executor, store, gatekeeper, token)
        stack.services["gatekeeper"].end()
        away = stack.command.run_here(capfd, "replay", "it", store, gatekeeper, token)

    assert [(0, "EQUAL run it")] * 2 == [(one.code, one.out.splitlines()[0]) for one in (both, all_of_them)]
    assert (70, "") == (away.code, away.out)
    assert "the gatekeeper cannot be reached" in away.err
