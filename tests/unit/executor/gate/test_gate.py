"""A gate measures both sides, has them decided, and records what it came to."""

import json
from dataclasses import replace

import pytest

from autopack_executor.gate.gate import Ended, gate
from autopack_model.canonical import Json
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Run, RunState
from tests.fakes.gate import COMMAND, GONE, KEPT, NEW, Machine
from tests.fakes.gate_machine import Suite
from tests.fakes.gate_repository import BASE, HEAD

BOTH_GREEN = [
    "store.advance",
    "environments.prepare_base",
    "locks.held",
    "store.find_baseline",
    "repository.checkout",
    "runner.run_base",
    "artifacts.write_evidence",
    "store.upload",
    "repository.checkout",
    "environments.prepare_head",
    "runner.run_head",
    "artifacts.write_evidence",
    "store.upload",
    "repository.changed_files",
    "repository.contents",
    "repository.contents",
    "store.record_changed_files",
    "gatekeeper.plan_cross_side",
    "gatekeeper.decide",
    "artifacts.write",
    "store.finish",
]


def run_of(ended: Ended) -> Run:
    """The run that ended, as the store has it."""
    assert ended.problem is None
    assert ended.run is not None
    return ended.run


def lists(report: dict[str, Json] | None) -> dict[str, Json]:
    """The categories of the report's delta that have something in them."""
    assert report is not None
    delta = report["delta"]
    assert isinstance(delta, dict)
    return {category: ids for category, ids in delta.items() if ids}


def test_each_step_is_recorded_before_the_next(machine: Machine) -> None:
    """Base, head, changed files and decision are recorded in this order; the report is written before the run ends."""
    run = run_of(gate(machine.attempt()))
    assert BOTH_GREEN == machine.calls.names
    assert (RunState.DECIDED, AttemptState.ALLOWED) == (run.state, run.attempts[0].state)
    assert [Side.BASE, Side.HEAD] == [entry.side for entry in run.attempts[0].evidence]


def test_a_reused_baseline_is_attached_and_not_measured(machine: Machine) -> None:
    """A stored baseline is attached as reused; the suite runs on head alone, and base's tree is not checked out."""
    first = run_of(gate(machine.attempt("run-1")))
    second = run_of(gate(machine.attempt("run-2")))
    assert [*BOTH_GREEN[:4], *BOTH_GREEN[8:17], "store.attach", *BOTH_GREEN[17:]] == machine.calls.names
    (measured, _), (reused, head) = first.attempts[0].evidence, second.attempts[0].evidence
    assert (replace(measured, reused=True), False) == (reused, head.reused)
    assert RunState.DECIDED is second.state


def test_a_setup_command_finds_the_tree(machine: Machine) -> None:
    """With a setup command base is checked out before its environment is prepared, once, and both sides are decided."""
    command = replace(COMMAND, setup="make")
    run = run_of(gate(machine.attempt(command=command)))
    assert ["repository.checkout", "environments.prepare_base", "locks.held", "store.find_baseline"] == (
        machine.calls.names[1:5]
    )
    assert (RunState.DECIDED, 2) == (run.state, machine.calls.names.count("repository.checkout"))


def test_without_a_baseline_only_head_is_measured(machine: Machine) -> None:
    """A run that is to have no baseline is decided on head alone; its changed files are those since the base."""
    run = run_of(gate(machine.attempt(no_baseline=True)))
    report = machine.report()
    assert report is not None
    assert (["NEEDS_HUMAN", None], [Side.HEAD]) == (
        [report["verdict"], report["base"]],
        [entry.side for entry in run.attempts[0].evidence],
    )
    assert [(BASE, HEAD)] == machine.repository.differences
    assert "runner.run_base" not in machine.calls.names


def test_without_a_base_everything_has_changed(machine: Machine) -> None:
    """Where there is no base, the changed files are those since nothing."""
    gate(machine.attempt(base=None))
    assert [(None, HEAD)] == machine.repository.differences


def test_unknown_changed_files_are_decided(machine: Machine) -> None:
    """Changed files that git could not tell are recorded as unknown, and the gatekeeper decides."""
    machine.repository.difference = ChangedFiles.unknown("git failed")
    run = run_of(gate(machine.attempt()))
    report = machine.report()
    assert report is not None
    assert (AttemptState.INCONCLUSIVE, {"status": "UNKNOWN", "files": []}, "INCONCLUSIVE") == (
        run.attempts[0].state,
        report["changed_files"],
        report["verdict"],
    )


@pytest.mark.parametrize("side", [Side.BASE, Side.HEAD])
def test_an_incomplete_side_is_decided(machine: Machine, side: Side) -> None:
    """A suite that did not come to its end is evidence of that: it is recorded and decided on, and named in the
    report.
    """
    tree = BASE if side is Side.BASE else HEAD
    machine.runner.suites[tree] = Suite(outcomes={KEPT: TestState.PASSED}, interrupted=True)
    assert RunState.DECIDED is run_of(gate(machine.attempt())).state
    report = machine.report()
    assert report is not None
    found = report[side.label]
    assert isinstance(found, dict)
    assert (False, "interrupted") == (found["complete"], found["incomplete_reason"])


@pytest.mark.parametrize("reused", [False, True], ids=["measured", "reused"])
def test_the_report_names_the_tests_that_only_base_has(machine: Machine, reused: bool) -> None:
    """The delta lists every test by its id: those of both sides, of head alone, and of base alone, though a reused
    baseline was never in the executor's hands.
    """
    machine.runner.suites[BASE] = Suite(outcomes={KEPT: TestState.PASSED, GONE: TestState.PASSED})
    machine.runner.suites[HEAD] = Suite(outcomes={KEPT: TestState.FAILED, NEW: TestState.PASSED})
    if reused:
        gate(machine.attempt("run-0"))
    gate(machine.attempt())
    report = machine.report()
    assert {"newly_failing": [KEPT], "removed": [GONE], "added_passing": [NEW]} == lists(report)


def test_the_report_says_what_was_decided(machine: Machine) -> None:
    """The report has the decision, and the state in which the run will have ended; its bytes are returned too."""
    machine.runner.suites[HEAD] = Suite(outcomes={KEPT: TestState.FAILED})
    ended = gate(machine.attempt())
    report = machine.report()
    assert report is not None
    expected = {
        "run_id": "run-1",
        "state": "decided",
        "failure": None,
        "verdict": "BLOCK",
        "decision_verdict": "BLOCK",
        "exit_code": 1,
        "decision_digest": run_of(ended).attempts[0].decision_digest,
    }
    assert expected == {name: report[name] for name in expected}
    assert report == json.loads(ended.report)
    for side, tree, exit_code in (("base", BASE, 0), ("head", HEAD, 1)):
        found = report[side]
        assert isinstance(found, dict)
        assert (tree.revision, True, False, exit_code) == (
            found["revision"],
            found["complete"],
            found["reused"],
            found["exit_code"],
        )


def test_the_evidence_is_left_for_people(machine: Machine) -> None:
    """What was measured is written for people: what a reused baseline showed is not."""
    gate(machine.attempt("run-1"))
    gate(machine.attempt("run-2"))
    written = {("run-1", Side.BASE, 0), ("run-1", Side.HEAD, 0), ("run-2", Side.HEAD, 0)}
    assert written == set(machine.artifacts.evidence)


def test_the_run_says_what_it_does(machine: Machine) -> None:
    """Each activity is reported with its side."""
    gate(machine.attempt())
    expected = [
        (activity, side)
        for side in (Side.BASE, Side.HEAD)
        for activity in (Activity.PREPARING, Activity.TESTING, Activity.RECORDING)
    ]
    assert [*expected, (Activity.DECIDING, None)] == [
        (progress.activity, progress.side) for progress in machine.progress
    ]
