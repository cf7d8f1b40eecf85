"""Nothing proven is not ALLOW: no test passes, none is selected, or none measures what changed."""

from typing import Final

import pytest

from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge

PASSED, FAILED = TestState.PASSED, TestState.FAILED
ONE: Final = {"tests/test_a.py::test_x": PASSED}
GOOD = make_evidence(ONE)
EMPTY = make_evidence({})
SHOWING_NOTHING = [state for state in TestState if state not in (PASSED, TestState.XPASSED, TestState.NOT_RUN)]


def told(decision: Decision) -> list[tuple[str, str]]:
    """Code and effect of every reason."""
    return [(reason.code.label, reason.effect.label) for reason in decision.reasons]


def touching(*paths: str) -> ChangedFiles:
    """A change of text files."""
    return ChangedFiles.of(
        tuple(
            ChangedFile(
                path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=0, binary=False
            )
            for path in paths
        )
    )


@pytest.mark.parametrize("state", SHOWING_NOTHING)
def test_a_head_on_which_nothing_passes_needs_a_human(state: TestState) -> None:
    """When no test passes on head, equal sides have shown nothing."""
    side = make_evidence({"tests/test_a.py::test_x": state})
    decision = judge(side, side)
    assert ("nothing_passes", "review") in told(decision)
    assert Verdict.NEEDS_HUMAN is decision.verdict


@pytest.mark.parametrize("state", [PASSED, TestState.XPASSED])
def test_one_test_that_passes_shows_something(state: TestState) -> None:
    """The condition is about none, not about few."""
    side = make_evidence({"tests/test_a.py::test_x": state, "tests/test_a.py::test_y": FAILED})
    assert "nothing_passes" not in dict(told(judge(side, side)))


@pytest.mark.parametrize("narrowed", [make_evidence({}, selection=("-k typo",)), make_evidence({}, deselected=3)])
def test_a_selection_that_selects_nothing_needs_a_human(narrowed: Evidence) -> None:
    """Zero tests by an option, a path or a hook are not a project without tests."""
    decision = judge(narrowed, narrowed)
    assert [("nothing_selected", "review")] == told(decision)
    assert Verdict.NEEDS_HUMAN is decision.verdict


def test_the_selection_is_named() -> None:
    """Who mistyped it sees what it was."""
    narrowed = make_evidence({}, selection=("-k typo", "tests/unit"), deselected=3)
    (reason,) = judge(narrowed, narrowed).reasons
    assert "no test on either side is selected by -k typo, tests/unit; correct the selection" == reason.message


def test_a_change_that_no_test_can_measure_needs_a_human() -> None:
    """In a repository without tests, a change of code that pytest does not run was not measured at all."""
    decision = judge(EMPTY, EMPTY, touching("web/app.ts", "go.mod", "README.md"))
    assert [("unmeasured_change", "review"), ("zero_tests_on_both", "warn")] == told(decision)
    assert ("go.mod", "web/app.ts") == decision.reasons[0].subjects
    assert Verdict.NEEDS_HUMAN is decision.verdict


def test_beside_a_suite_that_ran_code_of_another_language_is_a_note() -> None:
    """The tests that ran have shown something, so that the rest is only said."""
    decision = judge(GOOD, GOOD, touching("web/app.ts"))
    assert [("unmeasured_change", "note")] == told(decision)
    assert Verdict.ALLOW is decision.verdict


def test_a_python_change_without_tests_stays_a_warning() -> None:
    """A repository that simply has no tests is no reason to stop."""
    decision = judge(EMPTY, EMPTY, touching("package/module.py", "README.md", "pyproject.cfg"))
    assert [("zero_tests_on_both", "warn")] == told(decision)
