"""Services of a stack that are killed and come back: a verdict or a typed INCONCLUSIVE, never ALLOW by accident."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autopack_executor.workspace import processes
from tests.e2e.command import Running
from tests.e2e.scene import Scene, scene_in
from tests.e2e.stack import Stack, running_stack
from tests.lean_python import lean_python


@contextmanager
def scene_and_stack(folder: Path, **more: str) -> Iterator[tuple[Scene, Stack]]:
    """A scene whose suites a stack runs."""
    with (
        scene_in(folder / "scene") as scene,
        running_stack(folder, AUTOPACK_EXECUTOR_PYTHON=str(lean_python()), **more) as stack,
    ):
        yield scene, stack


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Scene, Stack]]:
    """A scene, and a stack whose services wait two seconds for each other."""
    (tmp_path / "scene").mkdir()
    with scene_and_stack(tmp_path, AUTOPACK_PATIENCE_SECONDS="2") as found:
        yield found


def gate(scene: Scene, stack: Stack, *options: str, patience: str = "60") -> Running:
    """Start a gate of the scene on the stack."""
    repo = ("--repo", str(scene.repository.root), "--base", "main", "--head", "candidate", "--run-id", "it")
    return stack.command.start(
        "gate", *stack.options, *repo, *options, variables={"AUTOPACK_PATIENCE_SECONDS": patience}
    )


def test_an_executor_that_is_killed_and_comes_back(both: tuple[Scene, Stack]) -> None:
    """The client waits for the executor, which records what it left; the suite's processes are gone, and the exit code
    says to try again. A second gate works.
    """
    scene, stack = both
    scene.commit(head="testing")
    running = gate(scene, stack, "--json", "-")
    pids = scene.stuck_processes()
    stack.services["executor"].end(signal.SIGKILL)
    running.wait_for("the executor was lost")
    stack.services["executor"].start()
    outcome = running.end()

    result = json.loads(outcome.out)
    assert (3, "INCONCLUSIVE", "failed") == (outcome.code, result["verdict"], result["state"])
    assert "EXECUTOR_LOST" == result["failure"]["code"]
    assert "INCONCLUSIVE run it\n  inconclusive executor_lost" in outcome.err
    assert [] == [pid for pid in pids if processes.start_time(pid)]
    scene.give_the_word()
    repo = ("--repo", str(scene.repository.root), "--base", "main", "--head", "candidate")
    assert 0 == stack.command.run("gate", *stack.options, *repo).code


def test_an_executor_that_does_not_come_back(both: tuple[Scene, Stack]) -> None:
    """Without the executor the client gives up in time, and says what is known of the run."""
    scene, stack = both
    scene.commit(base="testing")
    running = gate(scene, stack, "--json", "-", patience="1")
    scene.stuck_processes()
    stack.services["executor"].end(signal.SIGKILL)
    outcome = running.end()

    result = json.loads(outcome.out)
    assert (3, "INCONCLUSIVE", "running") == (outcome.code, result["verdict"], result["state"])
    assert "EXECUTOR_LOST" == result["failure"]["code"]
    scene.give_the_word()


def test_an_executor_that_comes_back_before_its_store(both: tuple[Scene, Stack]) -> None:
    """An executor records the runs of a killed one later, when the store was away at its start."""
    scene, stack = both
    scene.commit(head="testing")
    running = gate(scene, stack)
    scene.stuck_processes()
    for name in ("executor", "store"):
        stack.services[name].end(signal.SIGKILL)
    stack.services["executor"].start()
    running.wait_for("the executor was lost")
    assert ["it"] == [path.name for path in (stack.home / "runs").iterdir()]
    stack.services["store"].start()
    outcome = running.end()

    assert (3, True) == (outcome.code, outcome.out.startswith("INCONCLUSIVE run it\n  inconclusive executor_lost "))
    assert [] == list((stack.home / "runs").iterdir())
    scene.give_the_word()


def test_a_store_that_is_killed_while_the_suite_runs(both: tuple[Scene, Stack]) -> None:
    """The run ends as STORE_UNAVAILABLE or, when the store is back too late for that, as EXECUTOR_LOST; it is recorded
    by the same executor, which nobody started again.
    """
    scene, stack = both
    scene.commit(head="testing")
    running = gate(scene, stack, patience="120")
    scene.stuck_processes()
    stack.services["store"].end(signal.SIGKILL)
    scene.give_the_word()
    running.wait_for("the executor was lost")
    stack.services["store"].start()
    outcome = running.end()

    assert 3 == outcome.code, outcome.err
    assert outcome.out.startswith("INCONCLUSIVE run it\n  inconclusive ")
    assert "failed" in stack.command.run("runs", *stack.options).out
    assert [] == list((stack.home / "runs").iterdir())


def test_a_gatekeeper_that_is_away(both: tuple[Scene, Stack]) -> None:
    """A run that nobody can decide is inconclusive and says so; it has no decision."""
    scene, stack = both
    scene.commit(head="testing")
    running = gate(scene, stack, "--json", "-")
    scene.stuck_processes()
    stack.services["gatekeeper"].end(signal.SIGKILL)
    scene.give_the_word()
    outcome = running.end()

    result = json.loads(outcome.out)
    assert (3, "INCONCLUSIVE", None) == (outcome.code, result["verdict"], result["decision_verdict"])
    assert "GATEKEEPER_UNAVAILABLE" == result["failure"]["code"]


def test_services_that_are_not_there(both: tuple[Scene, Stack]) -> None:
    """A gate that could not even start is inconclusive too: there is no run, and nothing says that there was."""
    scene, stack = both
    scene.commit()
    stack.services["executor"].end()
    outcome = gate(scene, stack).end()

    assert (3, True) == (outcome.code, outcome.out.startswith("INCONCLUSIVE no run\n  inconclusive executor_lost "))


def test_an_interrupt_cancels_the_remote_run(both: tuple[Scene, Stack]) -> None:
    """Ctrl-C here ends the run there: its processes die and it is recorded as cancelled."""
    scene, stack = both
    scene.commit(head="testing")
    running = gate(scene, stack)
    pids = scene.stuck_processes()
    running.signal(signal.SIGINT)
    outcome = running.end()

    assert (130, "") == (outcome.code, outcome.out)
    assert "run it is recorded as cancelled" in outcome.err
    assert [] == [pid for pid in pids if processes.start_time(pid)]
