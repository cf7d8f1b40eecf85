"""Newly bad tests are run again on both sides before a gate is decided."""

from collections import Counter

from autopack_executor.gate.gate import gate
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from autopack_model.progress.value import Activity
from tests.fakes.gate import GONE, KEPT, Machine
from tests.fakes.gate_machine import Suite
from tests.fakes.gate_repository import BASE, HEAD

FAILS, PASSES = TestState.FAILED, TestState.PASSED


def suite(state: TestState, *, interrupted: bool = False) -> Suite:
    """A suite in which one test is in ``state`` and another passes."""
    return Suite(outcomes={KEPT: state, GONE: PASSES}, interrupted=interrupted)


def entries(machine: Machine, run_id: str = "run-1") -> list[tuple[str, int, bool]]:
    """Side, number of the retry and whether it was reused, of the evidence of a run."""
    evidence = machine.store.runs[run_id].attempts[0].evidence
    return [(entry.side.label, entry.retry, entry.reused) for entry in evidence]


def test_nothing_is_run_again_where_nothing_is_bad_on_head(machine: Machine) -> None:
    """A gate without a bad test on head makes no further call and starts no further process."""
    machine.runner.suites |= {BASE: suite(FAILS), HEAD: suite(PASSES)}
    gate(machine.attempt())
    assert [] == machine.runner.asked
    assert {"gatekeeper.decide": 1, "gatekeeper.plan_cross_side": 1} == machine.calls.count("gatekeeper")


def test_a_regression_is_run_again_on_both_sides(machine: Machine) -> None:
    """Only the newly bad test is run again, first on head and then on base, each in a fresh worktree of its side."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    gate(machine.attempt())
    assert [(Side.HEAD, (KEPT,))] * 5 + [(Side.BASE, (KEPT,))] * 5 == machine.runner.asked
    assert [("base", 0, False), *(("base", n, False) for n in range(1, 6))] == entries(machine)[:6]
    assert [("head", 0, False), *(("head", n, False) for n in range(1, 6))] == entries(machine)[6:]
    assert 4 == machine.calls.names.count("repository.checkout")


def test_retries_end_when_both_sides_have_shown_that_the_test_is_flaky(machine: Machine) -> None:
    """Head is run again until the test passes, base until it fails."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    machine.runner.retries = {
        Side.HEAD: lambda number: suite(PASSES if number == 2 else FAILS),
        Side.BASE: lambda number: suite(FAILS if number == 7 else PASSES),
    }
    gate(machine.attempt())
    assert {Side.HEAD: 2, Side.BASE: 7} == Counter(asked for asked, _ in machine.runner.asked)


def test_a_retry_that_did_not_end_proves_nothing(machine: Machine) -> None:
    """An interrupted retry in which the test passes does not close the test."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    machine.runner.retries = {Side.HEAD: lambda _: suite(PASSES, interrupted=True)}
    gate(machine.attempt())
    assert [Side.HEAD] * 5 == [side for side, _ in machine.runner.asked][:5]


def test_a_stored_baseline_that_is_out_of_date_is_measured_anew(machine: Machine) -> None:
    """Where a test fails on head and now on base, too, the stored baseline gives way to a new measurement."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(PASSES)}
    gate(machine.attempt("run-1"))
    machine.runner.suites |= {BASE: suite(FAILS), HEAD: suite(FAILS)}
    gate(machine.attempt("run-2"))
    assert [("base", 0, False), ("base", 1, False)] == entries(machine, "run-2")[:2]


def test_a_stored_baseline_that_holds_stays(machine: Machine) -> None:
    """A regression beside a stored baseline is decided with that baseline, and retries that were made now."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(PASSES)}
    gate(machine.attempt("run-1"))
    machine.runner.suites |= {HEAD: suite(FAILS)}
    gate(machine.attempt("run-2"))
    assert [("base", 0, True), ("base", 1, False)] == entries(machine, "run-2")[:2]
    assert "BLOCK" == machine.gatekeeper.answers[-1].decision.verdict.name


def test_what_an_earlier_gate_knows_of_the_base_is_reused(machine: Machine) -> None:
    """The next gate on the same base takes the retries of the first one, behind its own, and makes fewer."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    gate(machine.attempt("run-1"))
    gate(machine.attempt("run-2"))
    assert [(Side.HEAD, (KEPT,))] * 5 + [(Side.BASE, (KEPT,))] == machine.runner.asked[10:]
    assert [("base", 0, True), ("base", 1, False), *(("base", n, True) for n in range(2, 7))] == (
        entries(machine, "run-2")[:7]
    )
    assert "BLOCK" == machine.gatekeeper.answers[-1].decision.verdict.name


def test_a_test_that_an_earlier_gate_saw_fail_on_base_is_not_run_there_again(machine: Machine) -> None:
    """A known-flaky test costs no session on base."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    machine.runner.retries = {
        Side.HEAD: lambda _: suite(PASSES),
        Side.BASE: lambda number: suite(FAILS if number == 3 else PASSES),
    }
    gate(machine.attempt("run-1"))
    before = len(machine.runner.asked)
    gate(machine.attempt("run-2"))
    assert [(Side.HEAD, (KEPT,))] == machine.runner.asked[before:]
    assert [("base", 0, True), *(("base", n, True) for n in range(1, 4))] == entries(machine, "run-2")[:4]


def test_what_is_known_of_a_baseline_goes_with_it(machine: Machine) -> None:
    """Where the stored baseline proves to be out of date, the retries of earlier gates do not count any more."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    gate(machine.attempt("run-1"))
    machine.runner.suites |= {BASE: suite(FAILS)}
    gate(machine.attempt("run-2"))
    assert [] == [entry for entry in entries(machine, "run-2") if entry[2]]


def test_retries_say_what_they_are(machine: Machine) -> None:
    """The progress of a retry names its number, and no checkout."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    attempt = machine.attempt()
    gate(attempt)
    told = [(each.side, each.message) for each in machine.progress if each.activity is Activity.RETRYING]
    assert (Side.HEAD, "retry 1, of 1 newly bad test") == told[0]
    assert 2 == sum("checking out" in each.message for each in machine.progress)


def test_a_run_that_is_cancelled_during_a_retry_ends(machine: Machine) -> None:
    """Nothing of the retry is kept, and nothing is decided."""
    machine.runner.suites |= {BASE: suite(PASSES), HEAD: suite(FAILS)}
    attempt = machine.attempt()
    machine.calls.before("runner.retry_head", attempt.cancel.set)
    ended = gate(attempt)
    assert ended.run is not None
    assert ("cancelled", [], 2) == (ended.run.state.label, machine.gatekeeper.answers, len(entries(machine)))
