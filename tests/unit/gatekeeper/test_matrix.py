"""The transition matrix: every cell, against a table written independently of the code's."""

import itertools

import pytest

from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.matrix import MATRIX, Group, group_of, transitions
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.decision.delta import COLLECTOR_CATEGORIES, Category
from autopack_model.decision.value import Effect, Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import judge

EXPECTED = """
good        good        still_passing                 ALLOW
good        bad         newly_failing                 BLOCK
good        flaky       newly_flaky                   NEEDS_HUMAN
good        partly      newly_muted                   BLOCK
good        muted       newly_muted                   BLOCK
good        uncollected new_collection_error          BLOCK
good        absent      removed                       BLOCK
bad         good        newly_passing                 ALLOW
bad         bad         still_failing                 ALLOW
bad         flaky       now_flaky                     NEEDS_HUMAN
bad         partly      muted_failing                 BLOCK
bad         muted       muted_failing                 BLOCK
bad         uncollected new_collection_error          BLOCK
bad         absent      removed_failing               BLOCK
flaky       good        flaky                         ALLOW
flaky       bad         flaky_failing                 NEEDS_HUMAN
flaky       flaky       still_flaky                   ALLOW
flaky       partly      newly_muted                   BLOCK
flaky       muted       newly_muted                   BLOCK
flaky       uncollected new_collection_error          BLOCK
flaky       absent      removed                       BLOCK
partly      good        unmuted                       ALLOW
partly      bad         newly_failing                 BLOCK
partly      flaky       newly_flaky                   NEEDS_HUMAN
partly      partly      still_muted                   ALLOW
partly      muted       newly_muted                   BLOCK
partly      uncollected new_collection_error          BLOCK
partly      absent      removed                       BLOCK
muted       good        unmuted                       ALLOW
muted       bad         newly_failing                 BLOCK
muted       flaky       newly_flaky                   NEEDS_HUMAN
muted       partly      still_muted                   ALLOW
muted       muted       still_muted                   ALLOW
muted       uncollected new_collection_error          BLOCK
muted       absent      removed_muted                 ALLOW
uncollected good        collected                     ALLOW
uncollected bad         revealed_failing              ALLOW
uncollected flaky       revealed_flaky                ALLOW
uncollected partly      collected_muted               ALLOW
uncollected muted       collected_muted               ALLOW
uncollected uncollected persistent_collection_error   BLOCK
uncollected absent      removed_module                BLOCK
absent      good        added_passing                 ALLOW
absent      bad         added_failing                 BLOCK
absent      flaky       added_flaky                   NEEDS_HUMAN
absent      partly      added_muted                   ALLOW
absent      muted       added_muted                   ALLOW
absent      uncollected new_collection_error          BLOCK
"""
ROWS = [tuple(line.split()) for line in EXPECTED.split("\n") if line]

MODULE = "tests/test_subject.py"
SUBJECT = f"{MODULE}::test_subject"
BYSTANDER = "tests/test_bystander.py::test_bystander"
STATES = {
    "good": (TestState.PASSED, TestState.XPASSED),
    "bad": (TestState.FAILED, TestState.ERRORED, TestState.CRASHED, TestState.TIMED_OUT),
    "flaky": (TestState.FLAKY,),
    "partly": (TestState.PARTLY_MUTED,),
    "muted": (TestState.SKIPPED, TestState.XFAILED),
}


def sides(group: str) -> list[Evidence]:
    """Every way in which a side shows the subject in ``group``, beside a test that always passes."""
    if group == "uncollected":
        return [make_evidence({BYSTANDER: TestState.PASSED}, collectors={MODULE: CollectorState.ERRORED})]
    if group == "absent":
        return [make_evidence({BYSTANDER: TestState.PASSED})]
    muted = {SUBJECT: ("(i=1)",)} if group == "partly" else {}
    shown = [
        make_evidence({BYSTANDER: TestState.PASSED, SUBJECT: state}, muted_subtests=muted) for state in STATES[group]
    ]
    if group == "muted":
        shown.append(make_evidence({BYSTANDER: TestState.PASSED}, collectors={MODULE: CollectorState.SKIPPED}))
    return shown


@pytest.mark.parametrize(("base_group", "head_group", "category", "verdict"), ROWS)
def test_each_cell_has_its_category_and_verdict(base_group: str, head_group: str, category: str, verdict: str) -> None:
    """A test in a group on each side gets the category and the verdict of its cell, by whatever state it got there."""
    for base, head in itertools.product(sides(base_group), sides(head_group)):
        comparison = compare(base, head, Renames(paths={}))
        decision = judge(base, head)
        expected = Category[category.upper()]
        concerned = MODULE if expected in COLLECTOR_CATEGORIES or SUBJECT not in comparison.ids else SUBJECT
        assert Verdict[verdict] is decision.verdict
        assert (concerned,) == tuple(subject for subject in comparison.subjects(expected) if subject != BYSTANDER)


@pytest.mark.parametrize(("base_group", "head_group", "category", "verdict"), ROWS)
def test_the_matrix_as_data_agrees_with_the_design(
    base_group: str, head_group: str, category: str, verdict: str
) -> None:
    """The data has the design's category in every cell."""
    assert Category[category.upper()] is MATRIX[Group(base_group), Group(head_group)]


def test_no_cell_is_missing_from_the_expected_table() -> None:
    """The table above covers every pair of groups but the one that cannot be, and the data has nothing else."""
    decided = {(base.value, head.value) for base, head in MATRIX if Group.NOT_RUN not in (base, head)}
    assert {row[:2] for row in ROWS} == decided
    assert 48 == len(ROWS)


SHOWN = (Group.GOOD, Group.BAD, Group.FLAKY, Group.PARTLY, Group.MUTED)


def strength(base: Group, head: Group) -> Effect:
    """The default effect of a cell; what gives no reason is as weak as a note."""
    return DEFAULT_POLICY.categories[MATRIX[base, head]] or Effect.NOTE


def test_not_having_run_on_head_is_never_better_than_any_outcome() -> None:
    """A test that head did not run gets the strongest effect that any outcome could have given it."""
    for base in Group:
        effects = [strength(base, head) for head in SHOWN]
        assert max(effects) == strength(base, Group.NOT_RUN)


def test_not_having_run_on_base_is_never_better_than_any_outcome() -> None:
    """A test that base did not run gets, for each outcome on head, the strongest effect that a base could give it."""
    for head in (*SHOWN, Group.UNCOLLECTED, Group.ABSENT):
        effects = [strength(base, head) for base in SHOWN]
        assert max(effects) == strength(Group.NOT_RUN, head)


@pytest.mark.parametrize("size", [0, 1, 2, 7, 100])
def test_packed_columns_give_the_same_as_one_look_up_per_test(size: int) -> None:
    """The arithmetic over whole columns equals the look-up of each pair in the matrix."""
    pairs = list(itertools.islice(itertools.cycle(itertools.product(TestState, TestState)), size))
    base, head = bytes(pair[0] for pair in pairs), bytes(pair[1] for pair in pairs)
    expected = bytes(MATRIX[group_of(before), group_of(after)] for before, after in pairs)
    assert expected == transitions(base, head)
