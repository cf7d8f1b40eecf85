"""Cancelling asks a run to end, waits until it has cleaned up, and says how it ended."""

import threading

import pytest

from autopack_clients.errors import StoreUnavailable, UnknownRun
from autopack_executor.gate.gate import gate
from autopack_model.errors import InvalidValue
from autopack_model.run.value import RunState
from tests.fakes.calls import PATIENCE_S, Pause, raising
from tests.fakes.gate import REQUEST, Machine


def _testing(machine: Machine) -> None:
    """Start a run that tests until it is asked to end."""
    testing = threading.Event()

    def test() -> None:
        run = machine.active.get("run-1")
        assert run is not None
        testing.set()
        assert run.cancel.wait(PATIENCE_S)

    machine.calls.before("runner.run_base", test)
    machine.start_run()("start", REQUEST)
    assert testing.wait(PATIENCE_S)


def test_a_cancelled_run_has_ended(machine: Machine) -> None:
    """The answer is the run as it ended, once its workspace is cleared; the store is not asked for it."""
    _testing(machine)
    machine.calls.names.clear()
    run, replayed = machine.cancel_run()("request", "run-1", PATIENCE_S)
    assert (RunState.CANCELLED, False) == (run.state, replayed)
    assert (set(), set()) == (machine.workspaces.open, machine.workspaces.left)
    assert "store.run" not in machine.calls.names


def test_a_run_that_takes_longer_is_as_it_is(machine: Machine) -> None:
    """A run that has not ended when the wait is over is returned as the store has it, and ends later."""
    _testing(machine)
    ending = Pause()
    machine.calls.before("store.finish", ending)
    run, _ = machine.cancel_run()("request", "run-1", 0.0)
    assert RunState.RUNNING is run.state
    ending.release()
    machine.active.close()
    assert RunState.CANCELLED is machine.store.runs["run-1"].state


def test_a_run_of_another_process_stays_as_it_is(machine: Machine) -> None:
    """A run that this process does not execute is returned as the store has it, which is asked once."""
    machine.attempt("run-1")
    run, _ = machine.cancel_run()("request", "run-1", PATIENCE_S)
    assert (RunState.RUNNING, ["store.run"]) == (run.state, machine.calls.names)


def test_a_run_that_has_ended_stays_as_it_is(machine: Machine) -> None:
    """A run that was decided is not cancelled any more."""
    gate(machine.attempt("run-1"))
    run, _ = machine.cancel_run()("request", "run-1", PATIENCE_S)
    assert RunState.DECIDED is run.state


def test_an_unknown_run_is_refused(machine: Machine) -> None:
    """A request that names no run is refused, and its id serves another request."""
    cancel = machine.cancel_run()
    with pytest.raises(UnknownRun):
        cancel("request", "run-0", PATIENCE_S)
    machine.attempt("run-1")
    assert not cancel("request", "run-1", PATIENCE_S)[1]


def test_a_repeated_request_is_known(machine: Machine) -> None:
    """The same request again is answered as replayed, and does no less: with the run as it is by then."""
    _testing(machine)
    cancel = machine.cancel_run()
    answers = [cancel("request", "run-1", PATIENCE_S) for _ in range(2)]
    assert [(RunState.CANCELLED, False), (RunState.CANCELLED, True)] == [(run.state, known) for run, known in answers]


def test_the_id_of_another_request_cancels_nothing(machine: Machine) -> None:
    """A request id that came with another run is refused, and the run goes on."""
    machine.attempt("run-2")
    _testing(machine)
    cancel = machine.cancel_run()
    cancel("request", "run-2", 0.0)
    with pytest.raises(InvalidValue, match="came before"):
        cancel("request", "run-1", 0.0)
    run = machine.active.get("run-1")
    assert run is not None
    assert not run.cancel.is_set()


def test_an_end_that_is_not_recorded_is_raised(machine: Machine) -> None:
    """Who cancels a run whose end could not be recorded is told so."""
    _testing(machine)
    machine.calls.before("store.finish", raising(StoreUnavailable("gone")))
    with pytest.raises(StoreUnavailable, match="its end could not be recorded"):
        machine.cancel_run()("request", "run-1", PATIENCE_S)
