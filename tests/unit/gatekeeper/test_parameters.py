"""Parameters whose names differ between the sides, some of which fail or are skipped."""

from dataclasses import replace

import pytest

from autopack_gatekeeper.domain.collectors import TouchedFiles
from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Verdict
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from tests.fakes.evidence import make_evidence, make_signature
from tests.fakes.judging import judge

PASSED, FAILED, SKIPPED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY
F = "tests/test_f.py::test_f"
SAME, OTHER = make_signature("same"), make_signature("other")
ADDRESSES = ("<a.A object at 0x7f01>", "<a.A object at 0x7f02>", "<a.A object at 0x7f03>", "<a.A object at 0x7f04>")
VARYING = [
    (
        "11111111-1111-4111-8111-111111111111",
        "22222222-2222-4222-8222-222222222222",
        "33333333-3333-4333-8333-333333333333",
        "44444444-4444-4444-8444-444444444444",
    ),
    ADDRESSES,
    ("tmpabcdefg1", "tmpabcdefg2", "tmpabcdefg3", "tmpabcdefg4"),
    ("0123456789abcdef", "1123456789abcdef", "2123456789abcdef", "3123456789abcdef"),
]


def side(outcomes: dict[str, TestState], signature: str = SAME) -> Evidence:
    """Tests of one function by their parameters, beside one that passes; what fails does so with ``signature``."""
    tests = {f"{F}[{parameter}]": state for parameter, state in outcomes.items()}
    failing = {test: signature for test, state in tests.items() if state is FAILED}
    return make_evidence({"tests/test_f.py::test_other": PASSED, **tests}, signatures=failing)


def categories(base: Evidence, head: Evidence, *touched: str) -> dict[str, str]:
    """The category of each parameter after a change that touches the files ``touched``."""
    comparison = compare(base, head, Renames(paths={}), TouchedFiles(paths=frozenset(touched)))
    cells = zip(comparison.ids, comparison.delta.cells, strict=True)
    return {name[len(F) + 1 : -1]: Category(cell).label for name, cell in cells if name.startswith(F)}


@pytest.mark.parametrize("ids", VARYING)
@pytest.mark.parametrize(
    ("state", "category"), [(FAILED, "still_failing"), (SKIPPED, "still_muted"), (FLAKY, "still_flaky")]
)
def test_a_random_id_that_is_no_worse_is_no_removal(
    ids: tuple[str, str, str, str], state: TestState, category: str
) -> None:
    """Ids that are drawn anew in each run pair by what is wrong with their tests."""
    base, head = side({ids[0]: PASSED, ids[1]: state}), side({ids[2]: state, ids[3]: PASSED})
    expected = {
        ids[0]: "reparametrised",
        ids[1]: "reparametrised",
        ids[2]: category,
        ids[3]: "reparametrised",
    }
    assert expected == categories(base, head)
    assert Verdict.ALLOW is judge(base, head).verdict


@pytest.mark.parametrize(
    ("before", "after"), [(PASSED, FAILED), (PASSED, SKIPPED), (SKIPPED, FAILED), (FAILED, SKIPPED)]
)
def test_a_random_id_that_is_worse_blocks(before: TestState, after: TestState) -> None:
    """What no test of base was like is not excused by other names."""
    base = side({ADDRESSES[0]: PASSED, ADDRESSES[1]: before})
    head = side({ADDRESSES[2]: PASSED, ADDRESSES[3]: after})
    assert Verdict.BLOCK is judge(base, head).verdict


def test_a_failure_without_a_signature_is_like_no_other() -> None:
    """Where nothing tells how a test fails, one of another name is not the same one."""
    base, head = (
        replace(one, details=tuple(replace(detail, signature="") for detail in one.details))
        for one in (
            side({ADDRESSES[0]: PASSED, ADDRESSES[1]: FAILED}),
            side({ADDRESSES[2]: FAILED, ADDRESSES[3]: PASSED}),
        )
    )
    assert Verdict.BLOCK is judge(base, head).verdict


def test_one_more_that_fails_blocks() -> None:
    """The number of bad tests may not grow, though the function has more tests."""
    base = side({ADDRESSES[0]: PASSED, ADDRESSES[1]: FAILED})
    head = side({"0x1": PASSED, "0x2": FAILED, "0x3": FAILED, "0x4": PASSED})
    assert Verdict.BLOCK is judge(base, head).verdict


def test_another_failure_is_another_test() -> None:
    """A test that fails in another way than the one of base may be a new one."""
    base, head = side({ADDRESSES[0]: FAILED, "x": PASSED}), side({ADDRESSES[1]: FAILED, "x": PASSED}, OTHER)
    assert {ADDRESSES[0]: "removed_failing", ADDRESSES[1]: "added_failing", "x": "still_passing"} == categories(
        base, head
    )


def test_one_fixed_and_one_broken_among_random_ids_is_seen() -> None:
    """What a name says besides what is random tells the tests of one function apart."""
    base = side({f"red-{ADDRESSES[0]}": FAILED, f"blue-{ADDRESSES[1]}": PASSED})
    head = side({f"red-{ADDRESSES[2]}": PASSED, f"blue-{ADDRESSES[3]}": FAILED})
    assert "added_failing" == categories(base, head)[f"blue-{ADDRESSES[3]}"]


def test_a_random_id_may_be_repaired_in_a_file_that_the_change_does_not_touch() -> None:
    """Then nobody put another parameter in its place; where the file is touched, somebody may have."""
    base, head = side({ADDRESSES[0]: FAILED}), side({ADDRESSES[1]: PASSED})
    assert {"reparametrised"} == set(categories(base, head, "src/product.py").values())
    assert "removed_failing" == categories(base, head, "tests/test_f.py")[ADDRESSES[0]]


def test_the_order_of_a_set_in_an_id_does_not_count() -> None:
    """A set prints its members in any order."""
    base, head = side({"{'a', 'b'}": SKIPPED}), side({"{'b', 'a'}": SKIPPED})
    assert {"{'a', 'b'}": "reparametrised", "{'b', 'a'}": "still_muted"} == categories(base, head)


def test_parameters_get_names_while_one_has_always_failed() -> None:
    """The same failure under another name is the same failure."""
    base, head = side({"1": PASSED, "2": PASSED, "3": FAILED}), side({"one": PASSED, "two": PASSED, "three": FAILED})
    assert {
        "1": "reparametrised",
        "2": "reparametrised",
        "3": "reparametrised",
        "one": "reparametrised",
        "three": "still_failing",
        "two": "reparametrised",
    } == categories(base, head, "tests/test_f.py")
    assert Verdict.ALLOW is judge(base, head).verdict


def test_numbers_in_names_are_chosen_and_not_random() -> None:
    """A failing parameter that gave way to another number is a failure that was deleted."""
    assert "removed_failing" == categories(side({"100000": FAILED}), side({"200000": PASSED}))["100000"]
