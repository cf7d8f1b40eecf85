"""However a gate ends, it ends with what is true: cancelled, failed with a code, or not recorded; never a verdict."""

import pytest
from structlog.typing import EventDict

from autopack_clients.errors import GatekeeperUnavailable, StorageFull, StoreRefused, StoreUnavailable
from autopack_executor.errors import EvidenceNotWritten, ExecutorError
from autopack_executor.gate.gate import gate
from autopack_model.errors import AutopackError
from autopack_model.run.value import RunFailure, RunState
from tests.fakes.calls import raising
from tests.fakes.gate import Machine, make_machine


def _steps() -> list[str]:
    """The calls of a whole gate that measures its baseline, but for the last, which records the end."""
    machine = make_machine()
    gate(machine.attempt())
    return machine.calls.names[:-1]


STEPS = _steps()


def _at(*kinds: str) -> pytest.MarkDecorator:
    """A test at each step that calls something of these kinds."""
    chosen = [number for number, name in enumerate(STEPS) if not kinds or name.partition(".")[0] in kinds]
    return pytest.mark.parametrize("step", chosen, ids=[f"{number}-{STEPS[number]}" for number in chosen])


def _fails(machine: Machine, step: int, error: Exception) -> RunFailure | None:
    """The failure of a run with which ``step`` goes wrong."""
    attempt = machine.attempt()
    machine.calls.before_number(step, raising(error))
    ended = gate(attempt)
    assert ended.run is not None
    assert (RunState.FAILED, b"", None) == (ended.run.state, ended.report, machine.report())
    return ended.run.failure


@pytest.mark.parametrize(
    "step", range(len(STEPS) - 1), ids=[f"{number}-{name}" for number, name in enumerate(STEPS[:-1])]
)
def test_a_run_can_be_cancelled_at_each_step(machine: Machine, step: int) -> None:
    """A run that is asked to end before it was decided ends as cancelled, without a report; no suite begins after
    that, and nothing stays checked out.
    """
    attempt = machine.attempt()
    machine.calls.before_number(step, attempt.cancel.set)
    ended = gate(attempt)
    assert ended.run is not None
    assert (RunState.CANCELLED, None, b"", None) == (
        ended.run.state,
        ended.run.failure,
        ended.report,
        machine.report(),
    )
    assert {} == machine.repository.trees
    assert [] == [name for name in machine.calls.names[step + 1 :] if name.startswith("runner.")]


def test_what_a_cancelled_suite_showed_is_not_stored(machine: Machine) -> None:
    """A suite that ended while its run was asked to end is no evidence, and no baseline."""
    attempt = machine.attempt()
    machine.calls.after("runner.run_base", attempt.cancel.set)
    gate(attempt)
    assert ({}, {}) == (machine.store.evidence, machine.store.baselines)


def test_a_cancelled_run_is_not_decided(machine: Machine) -> None:
    """A run that was asked to end after it was measured is not brought before the gatekeeper."""
    attempt = machine.attempt()
    machine.calls.after("store.record_changed_files", attempt.cancel.set)
    gate(attempt)
    assert {} == machine.calls.count("gatekeeper")


def test_a_run_cancelled_after_its_decision_has_no_verdict(machine: Machine) -> None:
    """A run that is asked to end while the gatekeeper decides is cancelled, though the decision is recorded."""
    attempt = machine.attempt()
    machine.calls.after("gatekeeper.decide", attempt.cancel.set)
    ended = gate(attempt)
    assert ended.run is not None
    assert (RunState.CANCELLED, None) == (ended.run.state, machine.report())


@_at("store")
def test_an_unavailable_store_fails_the_run(machine: Machine, step: int) -> None:
    """Where the store cannot be reached at some step, the run fails with that code."""
    assert RunFailure(code="STORE_UNAVAILABLE", message="gone") == _fails(machine, step, StoreUnavailable("gone"))


@_at("store", "gatekeeper")
def test_a_full_store_fails_the_run(machine: Machine, step: int) -> None:
    """Where the store has no disk space left, the run fails with that code."""
    assert RunFailure(code="STORAGE_FULL", message="full") == _fails(machine, step, StorageFull("full"))


@_at("gatekeeper")
def test_an_unavailable_gatekeeper_fails_the_run(machine: Machine, step: int) -> None:
    """Where the gatekeeper cannot be reached, the run fails with that code."""
    error = GatekeeperUnavailable("gone")
    assert RunFailure(code="GATEKEEPER_UNAVAILABLE", message="gone") == _fails(machine, step, error)


@_at("artifacts", "runner")
def test_a_full_disk_fails_the_run(machine: Machine, step: int) -> None:
    """Where a file of the run cannot be written, the run fails with that code, a decided one too."""
    assert RunFailure(code="EVIDENCE_NOT_WRITTEN", message="full") == _fails(machine, step, EvidenceNotWritten("full"))


@_at()
def test_an_unforeseen_exception_is_no_verdict(machine: Machine, step: int, logged: list[EventDict]) -> None:
    """An exception of ours, wherever it comes from, is logged and fails the run as an internal one."""
    assert RunFailure(code="INTERNAL", message="ZeroDivisionError: oops") == _fails(
        machine, step, ZeroDivisionError("oops")
    )
    assert ({}, ["the run failed"]) == (machine.repository.trees, [entry["event"] for entry in logged])


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StoreUnavailable("gone"), StoreUnavailable),
        (StorageFull("full"), StorageFull),
        (StoreRefused("no"), ExecutorError),
        (ZeroDivisionError("oops"), ExecutorError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_an_end_that_is_not_recorded_takes_the_report_back(
    machine: Machine, error: Exception, kind: type[AutopackError]
) -> None:
    """When the end cannot be recorded, the report goes from the disk, and the answer is the problem and no run."""
    attempt = machine.attempt()
    machine.calls.before("store.finish", raising(error))
    ended = gate(attempt)
    assert (None, b"", None, kind) == (ended.run, ended.report, machine.report(), type(ended.problem))
    assert ended.problem is not None
    assert ("run-1", True, True) == (
        ended.problem.subject,
        str(error) in ended.problem.message,
        ended.problem.message.startswith("run run-1 has no verdict"),
    )
    assert "artifacts.write" in machine.calls.names


def test_a_failure_that_is_not_recorded_is_told(machine: Machine) -> None:
    """When a failed run's end cannot be recorded, the problem names why it failed, too."""
    attempt = machine.attempt()
    machine.calls.before("store.upload", raising(StorageFull("no space for it")))
    machine.calls.before("store.finish", raising(StoreUnavailable("gone")))
    problem = gate(attempt).problem
    assert problem is not None
    assert "no space for it [STORAGE_FULL]" in problem.message
    assert "gone" in problem.message


def test_a_report_that_cannot_be_taken_back_is_told(machine: Machine) -> None:
    """When the report stays on the disk though the end was not recorded, the problem says so."""
    attempt = machine.attempt()
    machine.calls.before("store.finish", raising(StoreUnavailable("gone")))
    machine.calls.before("artifacts.withdraw", raising(EvidenceNotWritten("result.json stays; delete it")))
    problem = gate(attempt).problem
    assert problem is not None
    assert "result.json stays; delete it" in problem.message
