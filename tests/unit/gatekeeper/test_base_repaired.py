"""A head that repairs what kept its base from being measured: judged alone, and looked at by a person."""

from typing import Final

import pytest

from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence, make_setup
from tests.fakes.judging import judge

FAILED = TestState.FAILED
ONE: Final = {"tests/test_a.py::test_x": TestState.PASSED}
GOOD = make_evidence(ONE)
EMPTY = make_evidence({})
USAGE_ERROR = make_evidence({}, exit_code=4)
REPAIRABLE = [
    make_evidence({}, setup=make_setup(exit_code=1), exit_code=None),
    make_evidence(ONE, exit_code=3),
    USAGE_ERROR,
]


def told(decision: Decision) -> list[tuple[str, str]]:
    """Code and effect of every reason."""
    return [(reason.code.label, reason.effect.label) for reason in decision.reasons]


@pytest.mark.parametrize("base", REPAIRABLE)
def test_a_head_that_repairs_the_base_needs_a_human(base: Evidence) -> None:
    """What the base's tree does again, a head that ran to its end has repaired: it is judged alone, by a person."""
    decision = judge(base, GOOD)
    assert [("base_repaired", "review")] == told(decision)
    assert Verdict.NEEDS_HUMAN is decision.verdict


def test_an_interruption_by_collection_errors_can_be_repaired() -> None:
    """A base that was interrupted after a collection error is broken in its tree."""
    base = make_evidence({}, exit_code=2, collectors={"tests/test_a.py": CollectorState.ERRORED})
    assert [("base_repaired", "review")] == told(judge(base, GOOD))


def test_a_head_that_repairs_the_base_says_what_is_bad_on_it() -> None:
    """Failing tests and collection errors of a head that is judged alone are counted and named."""
    head = make_evidence(
        {**ONE, "tests/test_a.py::test_y": FAILED}, collectors={"tests/test_b.py": CollectorState.ERRORED}
    )
    (reason,) = judge(USAGE_ERROR, head).reasons
    assert ("tests/test_a.py::test_y", "tests/test_b.py") == reason.subjects
    assert (
        "the base suite run ended with a usage error of pytest (exit code 4), and that of head ran to its end; judged "
        "alone, head has 1 failing or flaky test and 1 collection error"
    ) == reason.message


def test_a_head_without_tests_repairs_nothing() -> None:
    """A head that only has no tests any more leaves the base what it was."""
    decision = judge(USAGE_ERROR, EMPTY)
    assert [("base_usage_error", "inconclusive")] == told(decision)


def test_an_unexplained_exit_of_a_head_that_is_judged_alone_blocks() -> None:
    """Beside a base that could not be measured nothing excuses it."""
    decision = judge(USAGE_ERROR, make_evidence(ONE, exit_code=1))
    assert [("unexplained_exit", "block"), ("base_repaired", "review")] == told(decision)
