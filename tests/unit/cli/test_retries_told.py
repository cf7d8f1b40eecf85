"""What the command says of retries."""

import pytest

from autopack_cli.explaining.outcomes import test_view as view_of
from autopack_cli.render.summary import side_line
from autopack_clients.report import FullReport
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.report.value import RetryReport, RunReport, SideReport
from autopack_model.run.value import RunState
from autopack_model.suite_run.value import Tree
from tests.fakes.evidence import make_evidence
from tests.fakes.store import make_attempt, make_spec

TEST = "t.py::test_it"
PASSED, FAILED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.FLAKY
NEW = RetryReport(reused=False, incomplete_reason=None)
REUSED = RetryReport(reused=True, incomplete_reason=None)
BROKEN = RetryReport(reused=False, incomplete_reason=IncompleteReason.TIMED_OUT)


def run(state: TestState) -> Evidence:
    """A suite run, or a retry, with the test in this state."""
    return make_evidence({TEST: state})


@pytest.mark.parametrize(
    ("retries", "told"),
    [
        ((), ""),
        ((NEW,), "; 1 retry"),
        ((NEW, REUSED, REUSED), "; 3 retries (2 of earlier runs)"),
        ((NEW, BROKEN, REUSED), "; 3 retries (1 of earlier runs, 1 that did not end)"),
    ],
)
def test_the_line_of_a_side_counts_its_retries(retries: tuple[RetryReport, ...], told: str) -> None:
    """The retries of a side stand behind its counts, with those that this run did not make, and those that failed."""
    side = SideReport(
        tree=Tree(revision="a" * 40, tree="b" * 40),
        reused=False,
        incomplete_reason=None,
        exit_code=0,
        counts={PASSED: 1},
        collection_errors=(),
        retries=retries,
    )
    assert f"aaaaaaaaaaaa 1 passed; complete{told}" == side_line(side)


@pytest.mark.parametrize(
    ("suite", "retries", "state", "says"),
    [
        (PASSED, (), "passed", False),
        (FAILED, (), "failed", True),
        (FAILED, (PASSED,), "failed; in 1 retry: 1 passed", True),
        (PASSED, (PASSED, FAILED, PASSED), "passed; in 3 retries: 2 passed, 1 failed", True),
        (PASSED, (PASSED, PASSED), "passed; in 2 retries: 2 passed", False),
        (FLAKY, (FAILED, FAILED), "flaky; in 2 retries: 2 failed", True),
    ],
)
def test_an_explanation_says_what_retries_showed(
    suite: TestState, retries: tuple[TestState, ...], state: str, says: bool
) -> None:
    """Of a test there is its state in the suite run, how often it was in which in the retries, and one failure."""
    report = RunReport(spec=make_spec(), state=RunState.DECIDED, failure=None, attempt=make_attempt(), decision=None)
    other = make_evidence({"t.py::test_other": FAILED})
    retried = {Side.BASE: (*(run(each) for each in retries), other)}
    full = FullReport(report=report, measured={Side.BASE: run(suite)}, retries=retried)
    view = view_of(full, Side.BASE, run(suite), TEST)
    assert (state, says) == (view.state, bool(view.message))
