"""Tests of which some subtests are skipped, or expected to fail."""

import pytest

from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.decision.delta import Category
from autopack_model.evidence.outcome import TestState, fold
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence

PARTLY, PASSED, FAILED = TestState.PARTLY_MUTED, TestState.PASSED, TestState.FAILED
SKIPPED, FLAKY = TestState.SKIPPED, TestState.FLAKY
OLD, NEW = "tests/test_a.py::test_x", "tests/test_b.py::test_x"


def side(state: TestState, *muted: str, name: str = OLD) -> Evidence:
    """One test, with the names of its muted subtests."""
    return make_evidence({name: state}, muted_subtests={name: muted})


def category(base: Evidence, head: Evidence) -> str:
    """The category of the test, under the name that it has on head."""
    comparison = compare(base, head, Renames(paths={"tests/test_a.py": "tests/test_b.py"}))
    names = list(comparison.ids)
    name = NEW if NEW in names else OLD
    return Category(comparison.delta.cells[names.index(name)]).label


@pytest.mark.parametrize("name", [OLD, NEW])
@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (("(i=1)", "(i=2)"), "still_muted"),
        (("(i=1)",), "still_muted"),
        (("(i=1)", "(i=3)"), "newly_muted"),
        (("(i=1)", "(i=2)", "(i=3)"), "newly_muted"),
    ],
)
def test_one_more_muted_subtest_is_newly_muted(name: str, head: tuple[str, ...], expected: str) -> None:
    """Subtests count by their names and not by their number, also where the file is renamed."""
    assert expected == category(side(PARTLY, "(i=1)", "(i=2)"), side(PARTLY, *head, name=name))


def test_a_test_whose_failing_subtest_is_repaired_passes_but_for_what_was_muted() -> None:
    """A subtest that was muted beside the failing one is nothing new."""
    assert "newly_passing" == category(side(FAILED, "(i=1)"), side(PARTLY, "(i=1)"))
    assert "flaky" == category(side(FLAKY, "(i=1)"), side(PARTLY, "(i=1)"))


def test_a_failing_subtest_that_is_muted_is_hidden() -> None:
    """The failure moved to the muted ones."""
    assert "muted_failing" == category(side(FAILED, "(i=1)"), side(PARTLY, "(i=1)", "(i=2)"))


def test_a_test_that_was_skipped_as_a_whole_and_runs_in_part_is_still_muted() -> None:
    """It got better, and is not good yet."""
    assert "still_muted" == category(side(SKIPPED), side(PARTLY, "(i=1)"))


@pytest.mark.parametrize(
    ("executions", "state"),
    [
        ((PARTLY, FAILED), FLAKY),
        ((PARTLY, SKIPPED), PARTLY),
        ((PARTLY, PASSED), PASSED),
        ((PARTLY, TestState.XFAILED), PARTLY),
    ],
)
def test_an_execution_that_is_partly_muted_has_passed_beside_one_that_failed(
    executions: tuple[TestState, ...], state: TestState
) -> None:
    """It disagrees with a bad execution, and is stronger than a muted one."""
    assert state is fold(executions)
