"""Ctrl-C and its kin at any moment: children die, worktrees go, the run is recorded as cancelled, exit code 130."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from autopack_executor.workspace import processes
from tests.e2e.command import Outcome, Running
from tests.e2e.scene import Scene, scene_in


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """An empty repository."""
    with scene_in(tmp_path) as scene:
        yield scene


def stop(running: Running, number: signal.Signals = signal.SIGINT) -> Outcome:
    """Ask the command to stop, then again and again while it cleans up."""
    running.signal(number)
    running.wait_for("stopping")
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        running.signal(again)
    return running.end()


def assert_stopped(scene: Scene, outcome: Outcome, pids: list[int], before: dict[str, str]) -> None:
    """Nothing of the run is left but its record."""
    assert (130, "") == (outcome.code, outcome.out)
    assert "Traceback" not in outcome.err
    assert [] == [pid for pid in pids if processes.start_time(pid)]
    assert before == scene.state()
    assert [] == scene.left_behind()


@pytest.mark.parametrize(
    ("base", "head", "number"),
    [
        ("collecting", "", signal.SIGINT),
        ("testing", "", signal.SIGTERM),
        ("", "collecting", signal.SIGHUP),
        ("", "testing", signal.SIGINT),
    ],
)
def test_stopped_suite(scene: Scene, base: str, head: str, number: signal.Signals) -> None:
    """A signal while a side is collected or tested ends its processes, wherever they went, and cancels the run."""
    scene.commit(base=base, head=head)
    before = scene.state()
    running = scene.gate()
    pids = scene.stuck_processes()

    outcome = stop(running, number)

    assert_stopped(scene, outcome, pids, before)
    assert "autopack: run it is recorded as cancelled" in outcome.err
    assert {"it": "cancelled"} == scene.recorded()


def test_stopped_setup(scene: Scene) -> None:
    """A signal while a setup command runs ends it and cancels the run."""
    scene.commit()
    before = scene.state()
    running = scene.gate("--setup", scene.program)
    pids = scene.stuck_processes()

    outcome = stop(running)

    assert_stopped(scene, outcome, pids, before)
    assert {"it": "cancelled"} == scene.recorded()


def test_stopped_checkout(scene: Scene) -> None:
    """A signal while git checks a side out ends git and the filters that it started, and cancels the run."""
    scene.commit()
    scene.repository.git("config", "filter.slow.smudge", scene.program)
    scene.repository.write({".git/info/attributes": "test_it.py filter=slow\n"})
    before = scene.state()
    running = scene.gate()
    pids = scene.stuck_processes()[:1]

    outcome = stop(running)

    assert_stopped(scene, outcome, pids, before)
    assert {"it": "cancelled"} == scene.recorded()


def test_stopped_before_the_run_is_recorded(scene: Scene) -> None:
    """A signal while the request is still being checked leaves no run at all."""
    scene.commit()
    before = scene.state()
    running = scene.gate("--python", scene.program)
    pids = scene.stuck_processes()

    outcome = stop(running)

    assert_stopped(scene, outcome, pids, before)
    assert {} == scene.recorded()


def test_stopped_while_evidence_is_stored(scene: Scene) -> None:
    """A signal while the store is written to cancels the run when the store has answered."""
    scene.commit(head="testing")
    before = scene.state()
    running = scene.gate()
    pids = scene.stuck_processes()
    database = sqlite3.connect(scene.command.home / "store.db", isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        scene.give_the_word()
        running.wait_for("head: recording")
        running.signal(signal.SIGINT)
        running.wait_for("stopping")
    finally:
        database.close()

    assert_stopped(scene, running.end(), pids, before)
    assert {"it": "cancelled"} == scene.recorded()


def test_stopped_while_waiting_for_another_run(scene: Scene) -> None:
    """A signal to a gate that waits for another one's baseline cancels the one and leaves the other alone."""
    scene.commit(base="testing")
    measuring = scene.gate(run_id="measuring")
    scene.stuck_processes()
    waiting = scene.gate(run_id="waiting")
    waiting.wait_for("base: waiting")

    outcome = stop(waiting)
    scene.give_the_word()

    assert (130, 0) == (outcome.code, measuring.end().code)
    assert {"waiting": "cancelled", "measuring": "ALLOW"} == scene.recorded()


def test_stopped_while_deciding(scene: Scene) -> None:
    """A signal while the run is being decided stops it or comes too late, and the record says which."""
    scene.commit()
    before = scene.state()
    running = scene.gate()
    running.wait_for("deciding")

    running.signal(signal.SIGINT)
    outcome = running.end()

    recorded = scene.recorded()["it"]
    assert outcome.code == {"cancelled": 130, "ALLOW": 0 if "stopping" not in outcome.err else 130}[recorded]
    assert before == scene.state()
    assert [] == scene.left_behind()


def test_ctrl_c_on_a_terminal(scene: Scene) -> None:
    """Ctrl-C reaches the whole foreground process group at once; the run is cancelled as well as by one signal."""
    scene.commit(base="testing")
    before = scene.state()
    running = scene.gate()
    pids = scene.stuck_processes()

    os.killpg(running.process.pid, signal.SIGINT)
    outcome = running.end()

    assert_stopped(scene, outcome, pids, before)
    assert {"it": "cancelled"} == scene.recorded()


def test_stopped_listing(scene: Scene) -> None:
    """Other commands stop on a signal too, with no traceback and no verdict's exit code."""
    os.mkfifo(scene.folder / "stop")
    running = scene.command.start("gate", "--patch", str(scene.folder / "stop"), "--repo", str(scene.folder))
    # Opening succeeds when the command has opened the other end: it waits for the patch.
    writer = os.open(scene.folder / "stop", os.O_WRONLY)

    running.signal(signal.SIGTERM)
    outcome = running.end()
    os.close(writer)

    assert (130, "", "autopack: stopped\n") == (outcome.code, outcome.out, outcome.err)
