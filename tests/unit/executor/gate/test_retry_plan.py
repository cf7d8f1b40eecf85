"""How often newly bad tests are run again, and what that is worth."""

import random
from collections import Counter

import pytest

from autopack_executor.gate.retry_plan import (
    DOUBT,
    LEAST_ON_HEAD,
    MOST_ON_BASE,
    MOST_ON_BASE_IF_FLAKY,
    MOST_ON_HEAD,
    RetryPlan,
    retries_to_blame,
)
from autopack_model.decision.newly_bad import MAX_KNOWN_RETRIES, NewlyBad
from autopack_model.evidence.outcome import BAD, GOOD, TestState, fold
from autopack_model.identity.value import Side

FAILS, PASSES = TestState.FAILED, TestState.PASSED


def newly_bad(
    name: str = "t::a", *, head: TestState = FAILS, base: TestState | None = PASSES, known: int = 0
) -> NewlyBad:
    """A test with the same name on both sides, which ``known`` retries of the base ran."""
    base_id = None if base is None else name
    return NewlyBad(head_id=name, head_state=head, base_id=base_id, base_state=base, base_retries=known)


def retried(plan: RetryPlan, side: Side, state: TestState) -> int:
    """Run what is open on a side until nothing is, always with the same outcome; returns how often."""
    for count in range(1000):
        asked = plan.open(side)
        if not asked:
            return count
        plan.take(side, asked, dict.fromkeys(asked, state))
    raise AssertionError("the plan comes to no end")


def test_a_regression_is_run_again_five_times_on_each_side() -> None:
    """A test that fails each time on head and passes each time on base is open for five retries on both."""
    plan = RetryPlan([newly_bad()])
    assert (MOST_ON_HEAD, MOST_ON_BASE) == (retried(plan, Side.HEAD, FAILS), retried(plan, Side.BASE, PASSES))


def test_a_test_that_passes_on_head_is_looked_for_longer_on_base() -> None:
    """One pass closes a test of head; base then has fifteen retries, and one failure closes it there."""
    plan = RetryPlan([newly_bad()])
    assert 1 == retried(plan, Side.HEAD, PASSES)
    assert MOST_ON_BASE_IF_FLAKY == retried(plan, Side.BASE, PASSES)
    plan = RetryPlan([newly_bad(head=TestState.FLAKY)])
    assert (0, 1) == (retried(plan, Side.HEAD, FAILS), retried(plan, Side.BASE, FAILS))


@pytest.mark.parametrize(("known", "expected"), [(0, (5, 5)), (5, (5, 1)), (10, (3, 1)), (16, (2, 1)), (20, (2, 1))])
def test_what_is_known_of_the_base_is_not_measured_again(known: int, expected: tuple[int, int]) -> None:
    """The more retries of the base passed in earlier attempts, the fewer it takes; one of the base is always new."""
    plan = RetryPlan([newly_bad(known=known)])
    assert expected == (retried(plan, Side.HEAD, FAILS), retried(plan, Side.BASE, PASSES))


@pytest.mark.parametrize("known", range(MAX_KNOWN_RETRIES + 1))
@pytest.mark.parametrize("rate", [n / 50 for n in range(1, 50)])
def test_a_blame_by_chance_is_as_rare_whatever_is_known(known: int, rate: float) -> None:
    """Whatever the rate at which a test fails on both sides, what it takes to blame it happens once in 2^12 times."""
    head, base = retries_to_blame(known)
    assert rate ** (1 + head) * (1 - rate) ** (1 + known + base) <= 2**-DOUBT


def test_a_test_that_is_known_to_be_flaky_on_base_is_run_again_on_head_alone() -> None:
    """Where earlier attempts saw the base fail, only a pass of head is missing."""
    plan = RetryPlan([newly_bad(base=TestState.FLAKY, known=3)])
    assert ((), MOST_ON_HEAD) == (plan.open(Side.BASE), retried(plan, Side.HEAD, FAILS))
    assert () == plan.open(Side.BASE)
    assert not plan.fail_on_both


def test_a_flaky_test_is_looked_for_less_where_the_base_was_looked_at() -> None:
    """The retries of earlier attempts count among the fifteen that base has for a test that is flaky on head."""
    plan = RetryPlan([newly_bad(known=12)])
    retried(plan, Side.HEAD, PASSES)
    assert 3 == retried(plan, Side.BASE, PASSES)
    plan = RetryPlan([newly_bad(known=20)])
    retried(plan, Side.HEAD, PASSES)
    assert 1 == retried(plan, Side.BASE, PASSES)


def test_a_new_test_that_fails_is_run_again_twice() -> None:
    """Nothing on base can excuse a new test, so that it only has to show whether it fails each time."""
    assert LEAST_ON_HEAD == retried(RetryPlan([newly_bad(base=None)]), Side.HEAD, FAILS)


def test_only_open_tests_are_run_again() -> None:
    """A test that is closed is left out of the next retry; a new test is run on head alone."""
    plan = RetryPlan([newly_bad("t::b"), newly_bad("t::a"), newly_bad("t::new", base=None)])
    assert ("t::a", "t::b", "t::new") == plan.open(Side.HEAD)
    plan.take(Side.HEAD, plan.open(Side.HEAD), {"t::a": PASSES, "t::b": FAILS, "t::new": FAILS})
    assert (("t::b", "t::new"), ("t::a", "t::b")) == (plan.open(Side.HEAD), plan.open(Side.BASE))


def test_retries_that_prove_nothing_come_to_an_end() -> None:
    """An incomplete retry, or one that did not run the test, closes nothing and is not repeated for ever."""
    plan = RetryPlan([newly_bad()])
    for _ in range(MOST_ON_HEAD):
        plan.take(Side.HEAD, plan.open(Side.HEAD), {})
    assert () == plan.open(Side.HEAD)
    assert ("t::a",) == plan.open(Side.BASE)


@pytest.mark.parametrize(
    ("head", "base", "expected"),
    [(FAILS, FAILS, True), (FAILS, PASSES, False), (PASSES, FAILS, False)],
)
def test_a_baseline_is_out_of_date_when_the_test_fails_on_both(
    head: TestState, base: TestState, expected: bool
) -> None:
    """Only a test that fails each time on head, and in the retries of base, says that the baseline is out of date."""
    plan = RetryPlan([newly_bad()])
    retried(plan, Side.HEAD, head)
    retried(plan, Side.BASE, base)
    assert expected is plan.fail_on_both


def _gate_of_flaky_tests(chance: random.Random, count: int, rate: float) -> str:
    """What a gate of a change that changes nothing comes to, with ``count`` tests that fail at ``rate``."""

    def state() -> TestState:
        return FAILS if chance.random() < rate else PASSES

    names = [f"t::{number}" for number in range(count)]
    base, head = ({name: state() for name in names} for _ in range(2))
    plan = RetryPlan(newly_bad(name) for name in names if base[name] in GOOD and head[name] in BAD)
    for side, states in ((Side.HEAD, head), (Side.BASE, base)):
        while asked := plan.open(side):
            shown = {name: state() for name in asked}
            plan.take(side, asked, shown)
            for name, seen in shown.items():
                states[name] = fold((states[name], seen))
    pairs = {(base[name], head[name]) for name in names}
    if (PASSES, FAILS) in pairs:
        return "BLOCK"
    review = {(PASSES, TestState.FLAKY), (TestState.FLAKY, FAILS)}
    return "NEEDS_HUMAN" if review & pairs else "ALLOW"


@pytest.mark.parametrize(("count", "least"), [(1, 0.99), (10, 0.97)])
def test_chance_is_not_blamed_on_a_change(count: int, least: float) -> None:
    """Of the gates of an unchanged suite with tests that fail 30 % of the time, hardly any needs a person or blocks."""
    chance = random.Random(count)
    found = Counter(_gate_of_flaky_tests(chance, count, 0.3) for _ in range(5000))
    assert found["ALLOW"] >= least * 5000
    assert found["BLOCK"] <= 0.002 * 5000
