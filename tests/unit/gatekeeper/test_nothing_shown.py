"""Nothing proven is not ALLOW: no test passes, none is selected, or none measures what changed."""

from dataclasses import replace
from typing import Final

import pytest

from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Decision, Effect, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.waiver import Waiver
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge
from tests.fakes.store import TERMS

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


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        (1, "the only test on head does not pass, so nothing was shown; see what it lacks"),
        (2, "none of the 2 tests on head passes, so nothing was shown; see what the tests lack"),
    ],
)
def test_the_message_is_a_sentence_for_any_number(tests: int, message: str) -> None:
    """One test is not spoken of as many."""
    side = make_evidence({f"tests/test_a.py::test_{number}": FAILED for number in range(tests)})
    said = next(reason.message for reason in judge(side, side).reasons if reason.code is Condition.NOTHING_PASSES)
    assert f"{message}, give it to both sides, and run again" == said


def test_what_became_of_passing_tests_is_said_once() -> None:
    """Where tests passed on base, their own reasons say what happened, and no other advice confuses."""
    assert [("newly_failing", "block")] == told(judge(GOOD, make_evidence({"tests/test_a.py::test_x": FAILED})))


def test_a_policy_that_lowers_these_reasons_leaves_that_nothing_passes() -> None:
    """A policy may call new skips a warning, and a head on which nothing passes is no ALLOW all the same."""
    categories = {**DEFAULT_POLICY.categories, Category.NEWLY_MUTED: Effect.WARN}
    head = make_evidence({"tests/test_a.py::test_x": TestState.SKIPPED})
    decision = judge(GOOD, head, ChangedFiles.of(()), replace(DEFAULT_POLICY, categories=categories))
    assert [("nothing_passes", "review"), ("newly_muted", "warn")] == told(decision)


def test_a_waiver_that_lifts_these_reasons_leaves_that_nothing_passes() -> None:
    """Whoever waives the failures has not waived that the head shows nothing."""
    waiver = Waiver(
        code=Category.NEWLY_FAILING, subjects="tests/*", reason="known", approver="owner", expires=TERMS.day
    )
    head = make_evidence({"tests/test_a.py::test_x": FAILED})
    decision = judge(GOOD, head, terms=replace(TERMS, waivers=(waiver,)))
    assert [("nothing_passes", "review"), ("newly_failing", "warn")] == told(decision)


def test_a_new_failure_beside_tests_that_never_passed_does_not_hide_it() -> None:
    """Where no test passed on base either, what the tests lack is the better explanation."""
    base = make_evidence({"tests/test_a.py::test_x": FAILED})
    head = make_evidence({"tests/test_a.py::test_x": FAILED, "tests/test_a.py::test_y": FAILED})
    assert ["added_failing", "nothing_passes"] == [code for code, effect in told(judge(base, head)) if effect != "note"]


@pytest.mark.parametrize(
    ("base", "head", "message"),
    [
        (
            make_evidence(ONE, selection=("-k x",), deselected=3),
            make_evidence(ONE, selection=("-k x",), deselected=4),
            "-k x left out 3 of 4 tests on base and 4 of 5 tests on head, so nothing is known of these",
        ),
        (
            GOOD,
            make_evidence(ONE, deselected=1),
            "a hook left out 0 of 1 test on base and 1 of 2 tests on head, so nothing is known of these",
        ),
        (
            make_evidence(ONE, selection=("tests/test_a.py",)),
            make_evidence(ONE, selection=("tests/test_a.py",)),
            "what tests/test_a.py leaves out was not collected, and is not counted",
        ),
        (
            None,
            make_evidence(ONE, selection=("--deselect a", "tests"), deselected=1),
            "--deselect a, tests left out 1 of 2 tests on head, besides what tests leaves out, so nothing is known of "
            "these",
        ),
    ],
)
def test_what_a_selection_leaves_out_is_said(base: Evidence | None, head: Evidence, message: str) -> None:
    """A selection is a note that counts, on each side, the tests that could hide a regression."""
    reasons = judge(base, head).reasons
    assert [("tests_left_out", "note", message)] == [
        (reason.code.label, reason.effect.label, reason.message)
        for reason in reasons
        if reason.code is Condition.TESTS_LEFT_OUT
    ]


def test_a_selection_that_leaves_nothing_out_is_not_spoken_of() -> None:
    """A mark that no test has, in the configuration for example, hides nothing."""
    side = make_evidence(ONE, selection=("-m not slow",))
    assert [] == told(judge(side, side))


def test_a_suite_that_did_not_come_to_its_end_counts_nothing() -> None:
    """What an incomplete suite left out is not known."""
    head = make_evidence(ONE, selection=("-k x",), deselected=3, timed_out=True)
    assert [("head_timed_out", "block")] == told(judge(GOOD, head))


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
