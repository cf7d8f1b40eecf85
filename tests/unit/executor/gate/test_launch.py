"""A recorded run is executed in a thread of its own, which clears everything away, or leaves the run to the next."""

import threading

import pytest
from structlog.typing import EventDict

from autopack_clients.errors import StoreUnavailable
from autopack_executor.gate.active_runs import ActiveRun
from autopack_model.run.value import RunState
from tests.fakes.calls import PATIENCE_S, Pause, raising
from tests.fakes.gate import REQUEST, Machine


def _ended(machine: Machine) -> ActiveRun:
    """The run of a new request, at its end."""
    begin = Pause()
    machine.calls.before("store.advance", begin)
    machine.start_run()("request", REQUEST)
    run = machine.active.get("run-1")
    assert run is not None
    begin.release()
    assert run.ended.wait(PATIENCE_S)
    return run


def test_a_run_keeps_its_workspace_until_its_end(machine: Machine) -> None:
    """While a run is executed its workspace and its source are open; both are closed behind its recorded end."""
    open_then: list[tuple[set[str], int]] = []
    machine.calls.before(
        "store.finish", lambda: open_then.append((set(machine.workspaces.open), machine.sources.open_now))
    )
    run = _ended(machine)
    assert [({"run-1"}, 1)] == open_then
    assert (set(), 0, set()) == (machine.workspaces.open, machine.sources.open_now, machine.workspaces.left)
    assert ["store.finish", "workspaces.close"] == machine.calls.names[-2:]
    assert run.outcome is not None
    assert run.outcome.run == machine.store.runs["run-1"]


def test_an_ended_run_is_not_active(machine: Machine) -> None:
    """A run that has ended is forgotten before anybody hears of its end."""
    _ended(machine)
    assert machine.active.get("run-1") is None


def test_an_end_that_is_not_recorded_leaves_the_run(machine: Machine) -> None:
    """A run whose end the store did not hear of is left to the next executor; nothing stays open."""
    machine.calls.before("store.finish", raising(StoreUnavailable("gone")))
    run = _ended(machine)
    assert run.outcome is not None
    assert isinstance(run.outcome.problem, StoreUnavailable)
    assert ({"run-1"}, set(), 0) == (machine.workspaces.left, machine.workspaces.open, machine.sources.open_now)


def test_a_thread_that_breaks_down_leaves_the_run(machine: Machine) -> None:
    """A run whose thread ends without an outcome is left to the next executor; nothing stays open."""
    machine.calls.before("gatekeeper.decide", raising(SystemExit()))
    assert _ended(machine).outcome is None
    assert ({"run-1"}, set(), 0) == (machine.workspaces.left, machine.workspaces.open, machine.sources.open_now)


def test_a_workspace_that_cannot_be_cleared_is_logged(machine: Machine, logged: list[EventDict]) -> None:
    """A run whose workspace cannot be cleared away has ended as it did; the log says what happened."""
    machine.calls.before("workspaces.close", raising(OSError("busy")))
    run = _ended(machine)
    assert run.outcome is not None
    assert run.outcome.run is not None
    assert (RunState.DECIDED, None) == (run.outcome.run.state, machine.active.get("run-1"))
    assert ["the run's thread broke down"] == [entry["event"] for entry in logged]


def test_a_run_that_gets_no_thread_is_left(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the machine has no thread for a recorded run, the run is left to the next executor; nothing stays open."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        machine.start_run()("request", REQUEST)
    assert ({"run-1"}, set(), 0) == (machine.workspaces.left, machine.workspaces.open, machine.sources.open_now)
    assert machine.active.get("run-1") is None
    machine.active.close()  # waits for nothing


def test_an_ending_executor_cancels_its_runs(machine: Machine) -> None:
    """When the executor ends, every run is asked to end, and its workspace is cleared when that is done."""
    machine.calls.before("runner.run_base", lambda: machine.active.closing.wait(PATIENCE_S))
    machine.start_run()("request", REQUEST)
    machine.active.close()
    assert (RunState.CANCELLED, set()) == (machine.store.runs["run-1"].state, machine.workspaces.open)


def test_an_ending_executor_waits_only_so_long(machine: Machine) -> None:
    """A run that does not end in time is left to the end of the process."""
    testing = Pause()
    machine.calls.before("runner.run_base", testing)
    machine.start_run()("request", REQUEST)
    machine.active.close(seconds=0)
    assert machine.active.get("run-1") is not None
    testing.release()


def test_a_run_that_begins_after_the_end_is_cancelled(machine: Machine) -> None:
    """A run that is launched when the executor has ended its others is cancelled before it begins."""
    machine.calls.after("store.create_run", machine.active.close)
    _ended(machine)
    assert RunState.CANCELLED is machine.store.runs["run-1"].state
    assert [] == machine.calls.only("runner", "gatekeeper")
