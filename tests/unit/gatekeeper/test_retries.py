"""What retries add to the evidence of a side, and what a decision makes of them."""

import itertools

import pytest

from autopack_gatekeeper.domain.assessment import assess_side
from autopack_gatekeeper.domain.decide import decide
from autopack_gatekeeper.domain.errors import IncomparableEvidence
from autopack_gatekeeper.domain.newly_bad import newly_bad
from autopack_gatekeeper.domain.retries import assess_retry, with_retries
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.document import decision_digest
from autopack_model.decision.newly_bad import MAX_NEWLY_BAD, NewlyBad, NewlyBadTests
from autopack_model.decision.value import Condition, Decision
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import NO_FILES
from tests.fakes.store import TERMS

FAILS, PASSES, FLAKY = TestState.FAILED, TestState.PASSED, TestState.FLAKY
NAME, OTHER = "t.py::test_it", "t.py::test_other"


def run(state: TestState) -> Evidence:
    """A suite run in which the test is in ``state`` and another passes."""
    return make_evidence({NAME: state, OTHER: PASSES})


def retry(*states: TestState) -> list[Evidence]:
    """A retry for each state of the test."""
    return [make_evidence({NAME: state}, deselected=1) for state in states]


def judged(base: TestState, base_retries: list[Evidence], head: TestState, head_retries: list[Evidence]) -> Decision:
    """The decision on both sides with their retries."""
    sides = (
        with_retries(assess_side(run(state)), [assess_retry(each) for each in retries])
        for state, retries in ((base, base_retries), (head, head_retries))
    )
    return decide(next(sides), next(sides), NO_FILES, TERMS)


def reasons(decision: Decision) -> list[str]:
    """The verdict, and the codes of its reasons."""
    return [decision.verdict.name, *(reason.code.label for reason in decision.reasons)]


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ((), (), ["BLOCK", "newly_failing"]),
        ((PASSES,) * 5, (FAILS,) * 5, ["BLOCK", "newly_failing"]),
        ((PASSES, FAILS), (FAILS, PASSES), ["ALLOW", "still_flaky"]),
        ((PASSES,) * 15, (FAILS, PASSES), ["NEEDS_HUMAN", "newly_flaky"]),
        ((FAILS,), (FAILS,) * 5, ["NEEDS_HUMAN", "flaky_failing"]),
    ],
)
def test_retries_tell_chance_from_a_regression(
    base: tuple[TestState, ...], head: tuple[TestState, ...], expected: list[str]
) -> None:
    """What passed on base and failed on head blocks, unless retries show the failure on base or a pass on head."""
    assert expected == reasons(judged(PASSES, retry(*base), FAILS, retry(*head)))


def test_passes_of_head_never_clear_what_failed_on_base() -> None:
    """A test that failed on base and is flaky on head is for a person to look at."""
    assert ["NEEDS_HUMAN", "now_flaky"] == reasons(judged(FAILS, [], FAILS, retry(PASSES)))


def test_an_incomplete_retry_counts_for_nothing() -> None:
    """A retry that did not end clears nothing, and the decision says so."""
    broken = make_evidence({NAME: PASSES}, exit_code=2)
    assert ["BLOCK", "newly_failing", "retry_incomplete"] == reasons(judged(PASSES, [], FAILS, [broken]))


def test_a_retry_that_ran_nothing_counts_for_nothing() -> None:
    """A retry without the test, or with a test that its side does not have, leaves all states as they are."""
    nothing, strange = make_evidence({}), make_evidence({"t.py::test_new": PASSES})
    assert ["BLOCK", "newly_failing"] == reasons(judged(PASSES, [nothing], FAILS, [nothing, strange]))


def test_the_order_of_retries_does_not_matter_for_the_states() -> None:
    """In whatever order the retries come, each test is in the same state, and its details fit."""
    side, retries = assess_side(run(PASSES)), retry(FAILS, PASSES, TestState.SKIPPED)
    found = {
        with_retries(side, [assess_retry(each) for each in order]).evidence.states
        for order in itertools.permutations(retries)
    }
    assert {bytes([FLAKY, PASSES])} == found


def test_the_digest_covers_the_retries() -> None:
    """A decision with another retry is another decision, even where no state differs."""
    one, two = (judged(PASSES, retry(*[PASSES] * count), FAILS, []) for count in (1, 2))
    assert reasons(one) == reasons(two)
    assert decision_digest(one) != decision_digest(two)


@pytest.mark.parametrize(
    "other",
    [make_evidence({NAME: PASSES}, tree="f" * 40), make_evidence({NAME: PASSES}, arguments=("-x",))],
    ids=["another tree", "another command"],
)
def test_a_retry_of_something_else_is_refused(other: Evidence) -> None:
    """A retry of another tree, or with another test command, decides nothing."""
    with pytest.raises(IncomparableEvidence):
        with_retries(assess_side(run(FAILS)), [assess_retry(other)])


def test_newly_bad_tests_are_named_on_both_sides() -> None:
    """A test of a renamed file has its old id on base, and a new test has none; what failed before is left out."""
    moved = ChangedFile(
        path="b.py", old_path="a.py", kind=ChangeKind.RENAMED, lines_added=0, lines_removed=0, binary=False
    )
    base = make_evidence({"a.py::test": PASSES, "c.py::known": FAILS, "c.py::rare": FLAKY, "c.py::fine": PASSES})
    head = make_evidence(
        {"b.py::test": FAILS, "c.py::known": FAILS, "c.py::rare": FAILS, "c.py::fine": FLAKY, "c.py::new": FAILS}
    )
    assert (
        NewlyBad(head_id="b.py::test", head_state=FAILS, base_id="a.py::test", base_state=PASSES),
        NewlyBad(head_id="c.py::fine", head_state=FLAKY, base_id="c.py::fine", base_state=PASSES),
        NewlyBad(head_id="c.py::new", head_state=FAILS, base_id=None, base_state=None),
        NewlyBad(head_id="c.py::rare", head_state=FAILS, base_id="c.py::rare", base_state=FLAKY),
    ) == newly_bad(assess_side(base), assess_side(head), ChangedFiles.of((moved,))).tests


def test_too_many_newly_bad_tests_are_not_run_again() -> None:
    """Beyond 500 none is named, and the decision has a note about it."""
    names = [f"t.py::test_{number}" for number in range(MAX_NEWLY_BAD + 1)]
    base, head = (assess_side(make_evidence(dict.fromkeys(names, state))) for state in (PASSES, FAILS))
    assert NewlyBadTests() == newly_bad(base, head, NO_FILES)
    decision = decide(base, head, NO_FILES, TERMS)
    assert Condition.TOO_MANY_TO_RETRY in [reason.code for reason in decision.reasons]
    fewer = (assess_side(make_evidence(dict.fromkeys(names[1:], state))) for state in (PASSES, FAILS))
    assert MAX_NEWLY_BAD == len(newly_bad(next(fewer), next(fewer), NO_FILES).tests)


def test_nothing_is_run_again_beside_an_incomplete_side() -> None:
    """What is not proven has no newly bad tests."""
    broken = assess_side(make_evidence({NAME: PASSES}, exit_code=2))
    assert NewlyBadTests() == newly_bad(broken, assess_side(run(FAILS)), NO_FILES)


@pytest.mark.parametrize(
    ("states", "expected"),
    [((PASSES, PASSES), (PASSES, 2)), ((PASSES, FAILS), (FLAKY, 2)), ((), (PASSES, 0))],
)
def test_what_earlier_attempts_know_of_the_base_counts(
    states: tuple[TestState, ...], expected: tuple[TestState, int]
) -> None:
    """The state of a newly bad test on base is folded over the retries that earlier attempts made of the same base."""
    known = [assess_retry(each) for each in retry(*states)]
    found = newly_bad(assess_side(run(PASSES)), assess_side(run(FAILS)), NO_FILES, known)
    state, count = expected
    assert (NewlyBad(head_id=NAME, head_state=FAILS, base_id=NAME, base_state=state, base_retries=count),) == (
        found.tests
    )
    assert tuple(each.facts.evidence_digest for each in known) == found.base_retries


def test_earlier_retries_that_say_nothing_are_left_out() -> None:
    """A retry that is incomplete, or of other tests, is not named; one of a test that was flaky on head is."""
    broken, other = make_evidence({NAME: FAILS}, exit_code=2), make_evidence({OTHER: PASSES}, deselected=1)
    (telling,) = retry(FAILS)
    known = [assess_retry(each) for each in (broken, other, telling)]
    found = newly_bad(assess_side(run(PASSES)), assess_side(run(FLAKY)), NO_FILES, known)
    assert NewlyBadTests(base_retries=(known[2].facts.evidence_digest,)) == found
