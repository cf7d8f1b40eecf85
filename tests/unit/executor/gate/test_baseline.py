"""A baseline is measured once per key, and only a complete suite run becomes one."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from autopack_executor.gate.attempt import GateAttempt
from autopack_executor.gate.baseline import capture_baseline
from autopack_executor.gate.gate import gate
from autopack_executor.gate.side import measure_side
from autopack_model.errors import Cancelled
from autopack_model.evidence.completeness import assess
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity, Progress
from autopack_model.run.value import SideEvidence
from tests.fakes.calls import PATIENCE_S, Pause, raising
from tests.fakes.gate import COMMAND, KEPT, Machine
from tests.fakes.gate_machine import Suite
from tests.fakes.gate_repository import BASE, HEAD


def test_a_complete_suite_run_becomes_the_baseline(machine: Machine) -> None:
    """What is measured is stored, attached as measured, and named the baseline of its key."""
    attempt = machine.attempt()
    entry = capture_baseline(attempt, BASE)
    assert {machine.locks.keys[0]: entry.evidence_digest} == machine.store.baselines
    assert (Side.BASE, False) == (entry.side, entry.reused)
    assert (entry,) == machine.store.runs["run-1"].attempts[0].evidence


def test_failing_tests_make_a_baseline_too(machine: Machine) -> None:
    """A suite that came to its end is a baseline, whatever its tests showed."""
    machine.runner.suites[BASE] = Suite(outcomes={KEPT: TestState.FAILED})
    capture_baseline(machine.attempt(), BASE)
    assert 1 == len(machine.store.baselines)


def test_an_incomplete_suite_run_is_no_baseline(machine: Machine) -> None:
    """A suite that did not come to its end is stored and attached, and measured anew by the next run."""
    machine.runner.suites[BASE] = Suite(outcomes={KEPT: TestState.PASSED}, interrupted=True)
    for run_id in ("run-1", "run-2"):
        entry = capture_baseline(machine.attempt(run_id), BASE)
        assert (entry,) == machine.store.runs[run_id].attempts[0].evidence
        assert ({}, 1) == (machine.store.baselines, machine.calls.names.count("runner.run_base"))


def test_a_fresh_base_takes_the_place_of_the_stored_baseline(machine: Machine) -> None:
    """Where the attempt wants a fresh base, no baseline is asked for, and what is measured is the one from then on."""
    stored = capture_baseline(machine.attempt("run-1"), BASE)
    machine.runner.suites[BASE] = Suite(outcomes={KEPT: TestState.FAILED})
    fresh = capture_baseline(machine.attempt("run-2", fresh_base=True), BASE)
    assert "store.find_baseline" not in machine.calls.names
    later = capture_baseline(machine.attempt("run-3"), BASE)
    assert stored.evidence_digest != fresh.evidence_digest
    assert (False, fresh.evidence_digest, True) == (fresh.reused, later.evidence_digest, later.reused)


def test_an_incomplete_fresh_base_replaces_nothing(machine: Machine) -> None:
    """A fresh base that proves nothing leaves the stored baseline in its place."""
    stored = capture_baseline(machine.attempt("run-1"), BASE)
    machine.runner.suites[BASE] = Suite(outcomes={KEPT: TestState.PASSED}, interrupted=True)
    capture_baseline(machine.attempt("run-2", fresh_base=True), BASE)
    assert stored.evidence_digest == capture_baseline(machine.attempt("run-3"), BASE).evidence_digest


def test_a_complete_head_is_the_baseline_of_the_next_gate_on_it(machine: Machine) -> None:
    """What a gate measured as its head is reused where a later gate has the same tree as its base."""
    head = measure_side(machine.attempt("run-1"), Side.HEAD, HEAD).entry
    base = capture_baseline(machine.attempt("run-2"), HEAD)
    assert (head.evidence_digest, True) == (base.evidence_digest, base.reused)


def test_an_incomplete_head_is_no_baseline(machine: Machine) -> None:
    """A head that did not come to its end is measured anew where it is the base."""
    machine.runner.suites[HEAD] = Suite(outcomes={KEPT: TestState.PASSED}, interrupted=True)
    measure_side(machine.attempt("run-1"), Side.HEAD, HEAD)
    assert {} == machine.store.baselines


def test_a_head_replaces_no_baseline(machine: Machine) -> None:
    """The baseline of a tree stays what it is when the tree is measured as a head, fresh base or not."""
    stored = capture_baseline(machine.attempt("run-1"), HEAD)
    machine.runner.suites[HEAD] = Suite(outcomes={KEPT: TestState.FAILED})
    measure_side(machine.attempt("run-2", fresh_base=True), Side.HEAD, HEAD)
    assert stored.evidence_digest == capture_baseline(machine.attempt("run-3"), HEAD).evidence_digest


def test_a_failing_setup_is_not_looked_up(machine: Machine) -> None:
    """With an environment that could not be made no stored baseline is asked for: what happened is recorded."""
    machine.environments.setup_fails = True
    entry = capture_baseline(machine.attempt(command=replace(COMMAND, setup="make")), BASE)
    assert "store.find_baseline" not in machine.calls.names
    setup = machine.store.evidence[entry.evidence_digest].suite_run.setup
    assert setup is not None
    assert (1, {}) == (setup.exit_code, machine.store.baselines)


def test_a_baseline_without_a_submodule_is_another_one(machine: Machine) -> None:
    """What stayed empty is recorded with the evidence, and a base with the submodule is measured on its own."""
    machine.repository.missing = ("vendor/one",)
    lacking = capture_baseline(machine.attempt("run-1"), BASE)
    assert ("vendor/one",) == machine.store.evidence[lacking.evidence_digest].suite_run.missing_submodules
    machine.repository.missing = ()
    assert not capture_baseline(machine.attempt("run-2"), BASE).reused


def test_a_reused_baseline_is_announced(machine: Machine) -> None:
    """Who watches is told that the baseline is reused."""
    capture_baseline(machine.attempt("run-1"), BASE)
    machine.progress.clear()
    entry = capture_baseline(machine.attempt("run-2"), BASE)
    assert (True, ["reusing the stored baseline"]) == (entry.reused, [found.message for found in machine.progress])


@pytest.mark.parametrize(("down", "reason"), [(True, "before_side_failed"), (False, None)])
def test_a_service_that_is_down_is_looked_for_on_base_too(machine: Machine, *, down: bool, reason: str | None) -> None:
    """Where the command before the suite fails on head, a stored baseline cannot tell whether it would fail on base by
    now, so that the base is measured anew.
    """
    gate(machine.attempt("run-1"))
    machine.runner.suites[HEAD] = Suite(outcomes={}, unready=True)
    if down:
        machine.runner.suites[BASE] = machine.runner.suites[HEAD]
    run = gate(machine.attempt("run-2")).run
    assert run is not None
    base = run.attempts[0].side(Side.BASE)
    assert base is not None
    found = assess(machine.store.evidence[base.evidence_digest]).reason
    assert (False, reason) == (base.reused, None if found is None else found.label)


@pytest.mark.parametrize("no_baseline", [True, False])
def test_a_base_that_was_measured_now_is_not_measured_again(machine: Machine, *, no_baseline: bool) -> None:
    """One measurement of the base is enough, and without a baseline there is none."""
    machine.runner.suites[HEAD] = Suite(outcomes={}, unready=True)
    gate(machine.attempt("run-1", no_baseline=no_baseline))
    assert (0 if no_baseline else 1) == machine.calls.names.count("runner.run_base")


def _interpreter(machine: Machine) -> GateAttempt:
    return machine.attempt("run-2", command=replace(COMMAND, interpreter=Path("/other")))


def _setup(machine: Machine) -> GateAttempt:
    return machine.attempt("run-2", command=replace(COMMAND, setup="make"))


def _arguments(machine: Machine) -> GateAttempt:
    return machine.attempt("run-2", command=replace(COMMAND, arguments=("-q", "tests")))


def _timeout(machine: Machine) -> GateAttempt:
    return machine.attempt("run-2", command=replace(COMMAND, timeout_ms=COMMAND.timeout_ms + 1))


@pytest.mark.parametrize("other", [_interpreter, _setup, _arguments, _timeout])
def test_a_baseline_of_another_key_is_not_reused(machine: Machine, other: Callable[[Machine], GateAttempt]) -> None:
    """Another environment, setup command, selection or time-out is another baseline."""
    capture_baseline(machine.attempt("run-1"), BASE)
    assert not capture_baseline(other(machine), BASE).reused
    assert 2 == len(machine.store.baselines) == len(set(machine.locks.keys))


def test_a_baseline_of_another_tree_is_not_reused(machine: Machine) -> None:
    """Each tree has its own baseline."""
    capture_baseline(machine.attempt("run-1"), BASE)
    assert not capture_baseline(machine.attempt("run-2"), HEAD).reused


def test_a_baseline_of_the_same_tree_is_reused(machine: Machine) -> None:
    """Another commit with the same files has the same baseline."""
    capture_baseline(machine.attempt("run-1"), BASE)
    assert capture_baseline(machine.attempt("run-2"), replace(BASE, revision="f" * 40)).reused


def test_a_baseline_of_another_recorder_is_not_looked_up(machine: Machine) -> None:
    """What another version of the recorder saw is another baseline."""
    capture_baseline(machine.attempt("run-1"), BASE)
    machine.calls.before("runner.run_base", raising(Cancelled("far enough")))
    with pytest.raises(Cancelled):
        capture_baseline(machine.attempt("run-2", recorder_version="2"), BASE)
    assert ["1", "2"] == [key.recorder_version for key in machine.locks.keys]


@pytest.fixture
def measuring(machine: Machine) -> Iterator[tuple[Pause, Future[SideEvidence]]]:
    """A run that measures the baseline and stops in the middle of it."""
    pause = Pause()
    machine.calls.before("runner.run_base", pause)
    with ThreadPoolExecutor() as pool:
        entry = pool.submit(capture_baseline, machine.attempt("run-1"), BASE)
        pause.reached()
        yield pause, entry
        pause.release()


def test_of_two_runs_with_one_key_one_measures(machine: Machine, measuring: tuple[Pause, Future[SideEvidence]]) -> None:
    """While one run measures a baseline, another one that needs it says that it waits, and then reuses it."""
    pause, first = measuring
    said: list[Activity] = []

    def hear(progress: Progress) -> None:
        said.append(progress.activity)
        pause.release()

    entry = capture_baseline(replace(machine.attempt("run-2"), progress=hear), BASE)
    measured = first.result(PATIENCE_S)
    assert (False, replace(measured, reused=True)) == (measured.reused, entry)
    assert [Activity.WAITING, Activity.PREPARING] == said


def test_a_cancelled_run_does_not_wait(machine: Machine, measuring: tuple[Pause, Future[SideEvidence]]) -> None:
    """A run that waits for another one's baseline ends when it is asked to, while the other one still measures."""
    attempt = machine.attempt("run-2")
    with pytest.raises(Cancelled):
        capture_baseline(replace(attempt, progress=lambda _: attempt.cancel.set()), BASE)
    assert not measuring[1].done()


def test_a_cancelled_run_reuses_nothing(machine: Machine) -> None:
    """A run that is asked to end when it has found a baseline attaches nothing."""
    capture_baseline(machine.attempt("run-1"), BASE)
    attempt = machine.attempt("run-2")
    machine.calls.after("store.find_baseline", attempt.cancel.set)
    with pytest.raises(Cancelled):
        capture_baseline(attempt, BASE)
    assert () == machine.store.runs["run-2"].attempts[0].evidence


def test_a_run_that_fails_frees_its_baseline(machine: Machine) -> None:
    """When the measurement of a baseline fails, the next run that needs it measures it."""
    machine.calls.before("runner.run_base", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        capture_baseline(machine.attempt("run-1"), BASE)
    machine.calls.before("runner.run_base", lambda: None)
    assert not capture_baseline(machine.attempt("run-2"), BASE).reused
    assert {} == machine.repository.trees
