"""Measuring base's tests on the candidate's code, and the candidate's new tests on base's code."""

import pytest

from autopack_executor.gate.gate import gate
from autopack_git.errors import GitFailed
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.run.value import RunState
from tests.fakes.calls import raising
from tests.fakes.gate import Machine
from tests.fakes.gate_machine import Suite
from tests.fakes.gate_repository import BASE, CROSSED, HEAD, REVERSED

FILE, TEST = "tests/test_a.py", "tests/test_a.py::test_a"
PASSES, FAILS = {TEST: TestState.PASSED}, {TEST: TestState.FAILED}


@pytest.fixture(autouse=True)
def _green(machine: Machine) -> None:
    """Both sides pass, and the gatekeeper wants base's tests on the candidate's code."""
    machine.runner.suites |= {tree: Suite(outcomes=PASSES) for tree in (BASE, HEAD, CROSSED)}
    machine.gatekeeper.cross_plan = CrossPlan(paths=(FILE,), modules=())


def state_of(machine: Machine) -> RunState:
    """Gate, and say how the run ended."""
    ended = gate(machine.attempt())
    assert ended.run is not None
    return ended.run.state


def entries(machine: Machine, run_id: str = "run-1", side: Side = Side.CROSS) -> list[tuple[int, bool]]:
    """The suite runs of a side that are attached: the number of the retry, and whether it was reused."""
    attempt = machine.store.run(run_id).attempts[-1]
    return [(entry.retry, entry.reused) for entry in attempt.suite_runs(side)]


def test_the_cross_side_is_measured_and_decided_on(machine: Machine) -> None:
    """It is measured after head, recorded, and named in the decision and in the report."""
    assert RunState.DECIDED is state_of(machine)

    report = machine.report()
    assert report is not None
    assert [(0, False)] == entries(machine)
    assert isinstance(report["cross"], dict)
    assert CROSSED.tree == report["cross"]["tree"]


def test_a_cross_tree_is_measured_once(machine: Machine) -> None:
    """A second candidate of the same cross tree takes over what the first one measured."""
    gate(machine.attempt("run-1"))
    machine.calls.names.clear()

    gate(machine.attempt("run-2"))

    assert [(0, True)] == entries(machine, "run-2")
    assert "runner.run_cross" not in machine.calls.names


def test_only_the_planned_modules_are_run(machine: Machine) -> None:
    """Where the plan names modules, their tests alone are run, and become no baseline."""
    machine.gatekeeper.cross_plan = CrossPlan(paths=(FILE,), modules=(FILE,))
    machine.runner.retries[Side.CROSS] = lambda _: Suite(outcomes={FILE: TestState.PASSED})

    gate(machine.attempt("run-1"))
    gate(machine.attempt("run-2"))

    assert [(Side.CROSS, (FILE,))] * 2 == machine.runner.asked
    assert [(0, False)] == entries(machine, "run-2")


def test_a_failure_on_the_cross_side_is_run_again(machine: Machine) -> None:
    """A test that fails there and not on head is run twice more, and no longer when it passes once."""
    machine.runner.suites[CROSSED] = Suite(outcomes=FAILS)
    gate(machine.attempt("run-1"))
    machine.runner.retries[Side.CROSS] = lambda _: Suite(outcomes=PASSES)
    machine.store.baselines.clear()
    machine.runner.asked.clear()

    gate(machine.attempt("run-2"))

    assert [(0, False), (1, False), (2, False)] == entries(machine, "run-1")
    assert [(0, False), (1, False)] == entries(machine, "run-2")
    assert [(0, False)] == entries(machine, "run-1", Side.BASE)


def test_what_is_flaky_on_the_cross_side_is_run_on_base(machine: Machine) -> None:
    """Base is run until it has passed and failed as well, and 15 times at most."""
    machine.runner.suites[CROSSED] = Suite(outcomes=FAILS)
    machine.runner.retries[Side.CROSS] = lambda _: Suite(outcomes=PASSES)
    machine.runner.retries[Side.BASE] = lambda number: Suite(outcomes=FAILS if number == 3 else PASSES)
    gate(machine.attempt("run-1"))
    machine.runner.retries[Side.BASE] = lambda _: Suite(outcomes=PASSES)
    machine.store.baselines.clear()

    gate(machine.attempt("run-2"))

    assert [0, 1, 2, 3] == [number for number, _ in entries(machine, "run-1", Side.BASE)]
    assert [*range(16)] == [number for number, _ in entries(machine, "run-2", Side.BASE)]


def test_a_stored_failure_of_the_cross_tree_is_run_again(machine: Machine) -> None:
    """What the cross side is known for may have been chance, and the gatekeeper says what fails there alone."""
    machine.runner.suites[CROSSED] = Suite(outcomes=FAILS)
    gate(machine.attempt("run-1"))

    gate(machine.attempt("run-2"))

    assert [(0, True), (1, False), (2, False)] == entries(machine, "run-2")


def test_a_failure_that_head_has_too_is_not_run_again(machine: Machine) -> None:
    """What fails on head as well needs no third opinion."""
    machine.runner.suites |= {tree: Suite(outcomes=FAILS) for tree in (BASE, HEAD, CROSSED)}

    gate(machine.attempt())

    assert [(0, False)] == entries(machine)


def test_a_cross_side_that_does_not_end_is_recorded(machine: Machine) -> None:
    """An interrupted cross side is evidence of that, and nothing of it is run again."""
    machine.runner.suites[CROSSED] = Suite(outcomes=FAILS, interrupted=True)

    assert RunState.DECIDED is state_of(machine)
    assert [(0, False)] == entries(machine)


def test_a_retry_that_does_not_end_shows_nothing(machine: Machine) -> None:
    """The tests of an interrupted retry are run once more."""
    machine.runner.suites[CROSSED] = Suite(outcomes=FAILS)
    machine.runner.retries[Side.CROSS] = lambda _: Suite(outcomes=PASSES, interrupted=True)

    gate(machine.attempt())

    assert [(0, False), (1, False), (2, False)] == entries(machine)


def test_a_cross_tree_that_cannot_be_made_leaves_two_sides(machine: Machine) -> None:
    """The run is decided without a cross side, which the gatekeeper then misses."""
    machine.calls.before("repository.mixed_tree", raising(GitFailed("no such file", subject=FILE)))

    assert RunState.DECIDED is state_of(machine)
    assert [] == entries(machine)


def test_new_tests_are_run_on_base_code(machine: Machine) -> None:
    """The planned modules alone are run there after the cross side, and named in the decision and in the report."""
    machine.gatekeeper.cross_plan = CrossPlan(paths=(FILE,), modules=(), new_modules=(FILE,))
    machine.runner.retries[Side.REVERSE] = lambda _: Suite(outcomes=PASSES)

    assert RunState.DECIDED is state_of(machine)

    report = machine.report()
    assert report is not None
    assert [(Side.REVERSE, (FILE,))] == machine.runner.asked
    assert [(0, False)] == entries(machine, side=Side.REVERSE)
    assert isinstance(report["reverse"], dict)
    assert REVERSED.tree == report["reverse"]["tree"]


def test_new_tests_are_run_beside_a_complete_cross_side_only(machine: Machine) -> None:
    """Where base's tests did not run to their end, a person has to look anyway."""
    machine.gatekeeper.cross_plan = CrossPlan(paths=(FILE,), modules=(), new_modules=(FILE,))
    machine.runner.suites[CROSSED] = Suite(outcomes=FAILS, interrupted=True)

    assert RunState.DECIDED is state_of(machine)
    assert [] == entries(machine, side=Side.REVERSE)


def test_nothing_is_planned_without_a_complete_head(machine: Machine) -> None:
    """A head that does not come to its end is decided at once."""
    machine.runner.suites[HEAD] = Suite(outcomes=PASSES, interrupted=True)

    gate(machine.attempt())

    assert "gatekeeper.plan_cross_side" not in machine.calls.names
