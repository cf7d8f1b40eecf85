"""The end of a run that was left behind is recorded by whoever finds it."""

import pytest

from autopack_clients.errors import StoreUnavailable
from autopack_executor.gate.abandoned import record_abandoned
from autopack_executor.gate.gate import gate
from autopack_model.run.value import RunState
from tests.fakes.calls import raising
from tests.fakes.gate import Machine


def test_a_run_that_was_left_has_failed(machine: Machine) -> None:
    """A run that still goes on in the store is recorded as failed, because its executor was lost."""
    machine.attempt("run-1")
    record_abandoned(machine.store, "run-1")
    run = machine.store.runs["run-1"]
    assert run.failure is not None
    assert (RunState.FAILED, "EXECUTOR_LOST") == (run.state, run.failure.code)


def test_a_run_that_has_ended_stays_as_it_is(machine: Machine) -> None:
    """A run whose end was recorded, though its executor did not hear so, stays what it came to."""
    gate(machine.attempt("run-1"))
    record_abandoned(machine.store, "run-1")
    assert RunState.DECIDED is machine.store.runs["run-1"].state


def test_a_run_that_was_never_recorded_is_nothing(machine: Machine) -> None:
    """Of a run that the store does not know there is nothing to record."""
    record_abandoned(machine.store, "run-1")
    assert ({}, ["store.run"]) == (machine.store.runs, machine.calls.names)


def test_a_store_that_is_away_is_told(machine: Machine) -> None:
    """Where the store cannot be reached, whoever sweeps is told and tries again."""
    machine.calls.before("store.run", raising(StoreUnavailable("gone")))
    with pytest.raises(StoreUnavailable):
        record_abandoned(machine.store, "run-1")
