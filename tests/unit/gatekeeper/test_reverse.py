"""The reverse side: the candidate's new tests on base's code."""

from dataclasses import replace

import pytest

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.decide import plan_cross
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete, Verdict
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import Side
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.value import Policy
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge_with_cross
from tests.fakes.store import TERMS

PASSED, FAILED, SKIPPED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY
FILE, OLD, NEW = "tests/test_a.py", "tests/test_a.py::test_old", "tests/test_a.py::test_new"
FIRST = replace(DEFAULT_POLICY, categories={**DEFAULT_POLICY.categories, Category.PROVES_NOTHING: Effect.REVIEW})
SILENT = replace(DEFAULT_POLICY, categories={**DEFAULT_POLICY.categories, Category.PROVES_NOTHING: None})
BASE, HEAD = make_evidence({OLD: PASSED}), make_evidence({OLD: PASSED, NEW: PASSED}, tree="b" * 40)
CROSS = make_evidence({OLD: PASSED}, tree="c" * 40)


def changed(*paths: str) -> ChangedFiles:
    """A change of these files."""
    return ChangedFiles.of(
        tuple(
            ChangedFile(
                path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False
            )
            for path in paths
        )
    )


def reverse(state: TestState | None) -> Evidence:
    """What the new test comes to on base's code; None stands for a module that cannot be collected there."""
    if state is not None:
        return make_evidence({OLD: PASSED, NEW: state}, tree="d" * 40)
    return make_evidence({}, collectors={FILE: CollectorState.ERRORED}, tree="d" * 40)


@pytest.mark.parametrize(
    ("state", "category"),
    [
        (PASSED, Category.PROVES_NOTHING),
        (FAILED, Category.ADDED_PASSING),
        (FLAKY, Category.ADDED_PASSING),
        (SKIPPED, Category.ADDED_PASSING),
        (None, Category.ADDED_PASSING),
    ],
)
def test_a_new_test_that_passes_on_base_code_proves_nothing(state: TestState | None, category: Category) -> None:
    """It is noted, and one that does not pass there shows that the change was needed."""
    decision = judge_with_cross(BASE, HEAD, CROSS, changed(FILE, "shop.py"), reverse=reverse(state))

    assert 1 == decision.delta.counts()[category]
    assert Verdict.ALLOW is decision.verdict


def test_a_policy_may_want_a_failing_test_first() -> None:
    """Then a person has to look at a new test that passes on base's code."""
    decision = judge_with_cross(BASE, HEAD, CROSS, changed(FILE, "shop.py"), reverse=reverse(PASSED), policy=FIRST)

    assert Verdict.NEEDS_HUMAN is decision.verdict
    assert [(Category.PROVES_NOTHING, (NEW,))] == [(reason.code, reason.subjects) for reason in decision.reasons]


def test_new_tests_that_were_not_run_on_base_code_are_told() -> None:
    """What is not known is told by the module, and is no proof."""
    decision = judge_with_cross(BASE, HEAD, CROSS, changed(FILE, "shop.py"))

    assert [(Condition.REVERSE_MISSING, (FILE,))] == [(reason.code, reason.subjects) for reason in decision.reasons]
    assert 1 == decision.delta.counts()[Category.ADDED_PASSING]


def test_an_incomplete_reverse_side_is_told() -> None:
    """New tests that hang on base's code leave the verdict as it is, with the cause."""
    hanging = make_evidence({OLD: PASSED}, timed_out=True, tree="d" * 40)

    decision = judge_with_cross(BASE, HEAD, CROSS, changed(FILE, "shop.py"), reverse=hanging)

    cause = Incomplete(side=Side.REVERSE, reason=IncompleteReason.TIMED_OUT)
    assert [(cause, Effect.NOTE)] == [(reason.code, reason.effect) for reason in decision.reasons]


@pytest.mark.parametrize(
    ("head", "files", "policy", "modules"),
    [
        (HEAD, changed(FILE, "shop.py"), DEFAULT_POLICY, (FILE,)),
        (HEAD, changed(FILE, "shop.py"), SILENT, ()),
        (HEAD, changed(FILE), DEFAULT_POLICY, ()),
        (BASE, changed(FILE, "shop.py"), DEFAULT_POLICY, ()),
    ],
    ids=["new", "silent", "only_tests", "no_new_test"],
)
def test_new_tests_are_planned_where_they_may_prove_something(
    head: Evidence, files: ChangedFiles, policy: Policy, modules: tuple[str, ...]
) -> None:
    """Where nothing but tests changed base's code is the candidate's, and a policy may not ask."""
    terms = replace(TERMS, policy=policy)

    assert modules == plan_cross(assess_side(BASE), assess_side(head), files, terms).new_modules


def test_a_silent_policy_misses_nothing() -> None:
    """A policy that does not ask what new tests prove gets no reason for want of an answer."""
    decision = judge_with_cross(BASE, HEAD, CROSS, changed(FILE, "shop.py"), policy=SILENT)

    assert () == decision.reasons
