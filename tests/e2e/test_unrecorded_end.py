"""A run whose end the store does not record has no verdict, on disk neither."""

import contextlib
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from autopack_clients.gatekeeper import GatekeeperClient
from autopack_clients.store import StoreClient
from autopack_executor.environment.environments import HermeticEnvironments
from autopack_executor.errors import EvidenceNotWritten
from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.baseline_lock import FileBaselineLocks
from autopack_executor.gate.gate import gate
from autopack_executor.isolation.sandbox import Sandbox
from autopack_executor.suite.runner import PytestSuiteRunner
from autopack_executor.workspace.artifacts import RunArtifacts
from autopack_executor.workspace.home import Home
from autopack_git.repository import GitRepository
from autopack_model.errors import AutopackError
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.identity.value import Side
from autopack_model.run.value import RunState
from autopack_rpc.client.channel import channel
from tests.builders import GitSandbox
from tests.e2e.scene import scene_in
from tests.fakes.store import first_attempt, make_spec
from tests.lean_python import lean_python

RESULT = "result.json"
NO_DECIDED_RUNS = f"""
    CREATE TRIGGER no_decided_runs BEFORE UPDATE ON run WHEN NEW.state = {RunState.DECIDED.value}
    BEGIN SELECT RAISE(ABORT, 'no run is decided here'); END
"""


def test_store_that_fails_at_the_end(tmp_path: Path) -> None:
    """When the store does not record the end of a decided run, the command fails, and leaves no result that allows."""
    with scene_in(tmp_path) as scene:
        scene.commit()
        assert 0 == scene.gate(run_id="before").end().code
        with contextlib.closing(sqlite3.connect(scene.command.home / "store.db")) as database:
            database.execute(NO_DECIDED_RUNS)

        failed = scene.gate(run_id="failed").end()

        assert (70, "") == (failed.code, failed.out)
        assert "autopack: run failed has no verdict: its end could not be recorded" in failed.err
        results = sorted((scene.repository.root / ".autonomous_runs").rglob(RESULT))
        assert ["before"] == [path.relative_to(scene.repository.root).parts[1] for path in results]
        assert {"before": "ALLOW", "failed": "failed"} == scene.recorded()


@pytest.fixture
def artifacts(tmp_path: Path) -> RunArtifacts:
    """Artifacts of a repository."""
    return RunArtifacts(GitSandbox(tmp_path / "repository").root)


def _gated_without_a_store(folder: Path, artifacts: RunArtifacts) -> AutopackError | None:
    """How a gate ends that reaches neither store nor gatekeeper."""
    home = Home(folder / "home")
    sandbox = Sandbox(home, superuser=False)
    repository = GitRepository(folder / "repository", state=home.root / "git")
    head = GitSandbox.at(folder / "repository")
    head.commit({"test_it.py": "def test_it():\n    pass\n"})
    with (
        channel(f"unix:{folder}/nothing", token="none", deadline_s=1) as nowhere,
        home.open_run(first_attempt().run_id, repository.root) as workspace,
    ):
        tree = repository.resolve("HEAD")
        return gate(
            GateAttempt(
                ref=first_attempt(),
                spec=replace(make_spec(), base=None, head=tree),
                identity=str(repository.root),
                command=TestCommand(interpreter=lean_python(), arguments=(), setup=None, timeout_ms=60_000),
                measured_base=None,
                fresh_base=False,
                missing_submodules=repository.missing_submodules(None, tree),
                repository=repository,
                workspace=workspace,
                fixed_patch=None,
                policy_file=None,
                clock_ms=lambda: 0,
                artifacts=artifacts,
                environments=HermeticEnvironments(home, sandbox, {}, superuser=False),
                runner=PytestSuiteRunner(home, sandbox, grace_s=30.0),
                locks=FileBaselineLocks(home.locks),
                store=StoreClient(nowhere),
                gatekeeper=GatekeeperClient(nowhere),
                recorder_version="1",
                cancel=threading.Event(),
                progress=lambda progress: None,
            )
        ).problem


def test_result_of_an_unrecorded_run_is_taken_away(tmp_path: Path, artifacts: RunArtifacts) -> None:
    """A result that lies there when the end cannot be recorded is taken away, whatever the run came to."""
    artifacts.write(first_attempt(), RESULT, {"verdict": "ALLOW"})

    problem = _gated_without_a_store(tmp_path, artifacts)

    assert problem is not None
    assert "its end could not be recorded either" in problem.message
    assert [] == list(artifacts.folder(first_attempt(), Side.HEAD).iterdir())


def test_result_that_stays_is_told_and_logged(tmp_path: Path, artifacts: RunArtifacts) -> None:
    """A result that cannot be taken away is named in the log and to the caller: it is not to be believed."""
    path = artifacts.folder(first_attempt(), Side.HEAD) / RESULT
    (path / "in_the_way").mkdir(parents=True)

    with capture_logs() as logs:
        problem = _gated_without_a_store(tmp_path, artifacts)

    assert problem is not None
    assert f"{path} could not be taken away" in problem.message
    assert ["run-1"] == [entry["run_id"] for entry in logs if str(path) in entry.get("problem", "")]


def test_withdrawing_twice_is_fine(artifacts: RunArtifacts) -> None:
    """What is not there need not be taken away; what cannot be is an error that says what to do."""
    artifacts.write(first_attempt(), RESULT, {})
    path = artifacts.folder(first_attempt(), Side.HEAD) / RESULT
    for _ in range(2):
        artifacts.withdraw(first_attempt(), RESULT)
        assert not path.exists()
    path.mkdir()
    with pytest.raises(EvidenceNotWritten, match="delete it"):
        artifacts.withdraw(first_attempt(), RESULT)
