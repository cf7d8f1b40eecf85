"""Edited examples of doctests in product."""

from dataclasses import replace

import pytest

from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.finding.value import Finding, FindingRule, Findings
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge

PASSED, FAILED = TestState.PASSED, TestState.FAILED
FILE, DOCTEST, OTHER = "shop.py", "shop.py::shop.total", "tests/test_a.py::test_a"


def change(rule: FindingRule, test: str = DOCTEST) -> ChangedFiles:
    """A change of the product, with a finding about the example of a doctest."""
    file = ChangedFile(path=FILE, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False)
    found = Finding(rule=rule, path=FILE, line=4, test=test, before=">>> total()\n10", after=">>> total()\n12")
    return replace(ChangedFiles.of((file,)), findings=Findings(found=(found,)))


@pytest.mark.parametrize(
    ("base", "rule", "category", "verdict"),
    [
        (PASSED, FindingRule.EXPECTATION_CHANGED, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (PASSED, FindingRule.ASSERTION_LOOSER, Category.REWRITTEN, Verdict.NEEDS_HUMAN),
        (PASSED, FindingRule.ASSERTION_REMOVED, Category.STILL_PASSING, Verdict.ALLOW),
        (FAILED, FindingRule.EXPECTATION_CHANGED, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
        (FAILED, FindingRule.ASSERTION_REMOVED, Category.PASSES_BY_EDIT, Verdict.NEEDS_HUMAN),
    ],
)
def test_an_edited_example_speaks_for_itself(
    base: TestState, rule: FindingRule, category: Category, verdict: Verdict
) -> None:
    """No side has base's examples and the candidate's code, so that an edit of what they expect is a question."""
    decision = judge(
        make_evidence({DOCTEST: base, OTHER: PASSED}), make_evidence({DOCTEST: PASSED, OTHER: PASSED}), change(rule)
    )

    assert 1 + (category is Category.STILL_PASSING) == decision.delta.counts()[category]
    assert verdict is decision.verdict


@pytest.mark.parametrize("test", ["", "shop.py::shop.gone"])
def test_an_example_of_no_test_says_nothing(test: str) -> None:
    """An example that no test runs is a warning, as every finding."""
    both = {DOCTEST: PASSED, OTHER: PASSED}

    decision = judge(make_evidence(both), make_evidence(both), change(FindingRule.EXPECTATION_CHANGED, test))

    assert Verdict.ALLOW is decision.verdict


def test_examples_of_a_module_of_tests_are_judged_by_base() -> None:
    """A module with tests is as on base on the cross side, and its examples with it."""
    both = {DOCTEST: PASSED, "shop.py::test_inside": PASSED, OTHER: PASSED}

    decision = judge(make_evidence(both), make_evidence(both), change(FindingRule.EXPECTATION_CHANGED))

    assert 0 == decision.delta.counts()[Category.REWRITTEN]
