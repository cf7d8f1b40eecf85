"""Collectors that gave no tests: coverage by name, and what they become between base and head."""

from collections.abc import Mapping

import pytest

from autopack_gatekeeper.domain.collectors import TouchedFiles, covered, holds_any
from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.decision.delta import Category
from autopack_model.evidence.outcome import TestState
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence, make_signature

ERRORED, SKIPPED = CollectorState.ERRORED, CollectorState.SKIPPED
EMPTY = CollectorState.PASSED
PASSED, FAILED = TestState.PASSED, TestState.FAILED
OTHER = "other.py::test_other"
A = "tests/test_a.py"
SHADOW = "ImportPathMismatchError: ('test_a', '<folder>/test_a.py')"


@pytest.mark.parametrize(
    ("collector", "name", "expected"),
    [
        (A, f"{A}::test_x", True),
        (A, f"{A}::TestX::test_y[a/b::c]", True),
        (A, A, True),
        ("tests", f"{A}::test_x", True),
        (f"{A}::TestX", f"{A}::TestX::test_y", True),
        ("", "anything", True),
        (".", "tests/test_a.py::test_x", True),
        (A, f"{A}c::test_x", False),
        ("test", f"{A}::test_x", False),
        (f"{A}::Test", f"{A}::TestX::test_y", False),
        (f"{A}::test_x", A, False),
    ],
)
def test_a_collector_covers_itself_and_what_lies_behind_a_boundary(collector: str, name: str, expected: bool) -> None:
    """Coverage ends at ``::`` or ``/``, so that a name that only begins alike is not covered."""
    assert expected is covered(name, {collector})
    assert expected is holds_any(collector, [name])


def test_holding_is_found_among_many_ids() -> None:
    """A collector's ids are found wherever they lie in the sorted list, and names around them are not taken for it."""
    ids = sorted([f"{A}!::x", f"{A}::test_x", f"{A}x::y", "a.py::b", "z.py::y"])
    assert holds_any(A, ids)
    assert not holds_any(A, [each for each in ids if each != f"{A}::test_x"])
    assert not holds_any(".", [])


def collectors_after(
    base: Mapping[str, CollectorState],
    head: Mapping[str, CollectorState],
    *,
    base_ids: tuple[str, ...] = (),
    head_ids: tuple[str, ...] = (),
    renames: Mapping[str, str] | None = None,
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """The collectors in the delta and those that only a reason can hold, by label, beside a test that passes."""
    comparison = compare(
        make_evidence(dict.fromkeys((OTHER, *base_ids), PASSED), collectors=base),
        make_evidence(dict.fromkeys((OTHER, *head_ids), PASSED), collectors=head),
        Renames(paths=renames or {}),
    )
    return (
        {category.label: names for category, names in comparison.delta.collectors.items()},
        {category.label: names for category, names in comparison.muted_collectors.items()},
    )


def test_an_error_on_a_collector_that_base_never_had_is_new() -> None:
    """A module that is new and does not import is reported though no test of it is known."""
    assert ({"new_collection_error": (A,)}, {}) == collectors_after({}, {A: ERRORED})


def test_an_error_on_both_sides_persists() -> None:
    """A module that imports on neither side is listed once, as persistent."""
    assert ({"persistent_collection_error": (A,)}, {}) == collectors_after({A: ERRORED}, {A: ERRORED})


def test_an_inner_error_under_an_outer_base_error_persists() -> None:
    """A package that failed as a whole on base covers the module of it that fails on head."""
    assert ({"persistent_collection_error": (A,)}, {}) == collectors_after({"tests": ERRORED}, {A: ERRORED})


def test_a_wider_error_on_head_is_new() -> None:
    """A package that fails as a whole on head hides more than the one module that failed on base."""
    assert ({"new_collection_error": ("tests",)}, {}) == collectors_after({A: ERRORED}, {"tests": ERRORED})


def test_an_error_on_head_that_hides_tests_of_base_is_new_beside_a_base_error() -> None:
    """When base had an error and tests under one name, losing the tests on head is new."""
    after = collectors_after({A: ERRORED}, {A: ERRORED}, base_ids=(f"{A}::test_x",))
    assert ({"new_collection_error": (A,)}, {}) == after


def test_an_errored_module_that_is_gone_is_a_removed_module() -> None:
    """Deleting a module that did not import is reported though no test of it is known."""
    assert ({"removed_module": (A,)}, {}) == collectors_after({A: ERRORED}, {})


def test_an_errored_module_of_which_base_knew_tests_is_a_removed_module_too() -> None:
    """Known tests of base are reported as removed; the error that hid the others is gone with its module."""
    assert ({"removed_module": (A,)}, {}) == collectors_after({A: ERRORED}, {}, base_ids=(f"{A}::test_x",))


def test_an_errored_module_that_collects_again_gives_no_collector() -> None:
    """Once its tests are known on head they tell the story themselves."""
    assert ({}, {}) == collectors_after({A: ERRORED}, {}, head_ids=(f"{A}::test_x",))


def test_an_errored_package_of_which_something_is_left_is_not_removed() -> None:
    """A skip inside an errored package shows that it is still there."""
    assert ({}, {"collected_muted": (A,)}) == collectors_after({"tests": ERRORED}, {A: SKIPPED})


def test_an_error_turned_into_a_skip_is_collected_muted() -> None:
    """A module-level skip in place of an import error is reported though no test of it is known."""
    assert ({}, {"collected_muted": (A,)}) == collectors_after({A: ERRORED}, {A: SKIPPED})


def test_a_skip_turned_into_an_error_is_new() -> None:
    """A module that was skipped on base and does not import on head is a new error."""
    assert ({"new_collection_error": (A,)}, {}) == collectors_after({A: SKIPPED}, {A: ERRORED})


def test_a_skipped_module_that_is_gone_is_removed_muted() -> None:
    """Deleting a skipped module is reported though no test of it is known."""
    assert ({}, {"removed_muted": (A,)}) == collectors_after({A: SKIPPED}, {})


def test_a_new_skipped_module_is_added_muted() -> None:
    """A new module that is skipped as a whole is reported though no test of it is known."""
    assert ({}, {"added_muted": (A,)}) == collectors_after({}, {A: SKIPPED})


def test_a_module_skipped_on_both_sides_is_still_muted() -> None:
    """Nothing changed, so nothing but that is said."""
    assert ({}, {"still_muted": (A,)}) == collectors_after({A: SKIPPED}, {A: SKIPPED})


def test_known_tests_stand_for_their_skipped_module() -> None:
    """Where a side knows the tests of a skipped module, only the tests are reported."""
    assert ({}, {}) == collectors_after({}, {A: SKIPPED}, base_ids=(f"{A}::test_x",))
    assert ({}, {}) == collectors_after({A: SKIPPED}, {}, head_ids=(f"{A}::test_x",))


def test_an_error_follows_its_renamed_file() -> None:
    """A module that imports on neither side persists when its file is renamed."""
    after = collectors_after({A: ERRORED}, {"tests/test_b.py": ERRORED}, renames={A: "tests/test_b.py"})
    assert ({"persistent_collection_error": ("tests/test_b.py",)}, {}) == after


def test_known_tests_stand_for_their_skipped_module_under_its_new_name() -> None:
    """A renamed module that is skipped as a whole is not a new skipped module."""
    after = collectors_after(
        {}, {"tests/test_b.py": SKIPPED}, base_ids=(f"{A}::test_x",), renames={A: "tests/test_b.py"}
    )
    assert ({}, {}) == after


def test_tests_of_an_errored_module_are_collected_under_its_new_name() -> None:
    """A module repaired and renamed at once has no removed module, and its tests count as revealed."""
    comparison = compare(
        make_evidence({OTHER: PASSED}, collectors={A: ERRORED}),
        make_evidence({OTHER: PASSED, "tests/test_b.py::test_x": PASSED, "tests/test_b.py::test_y": FAILED}),
        Renames(paths={A: "tests/test_b.py"}),
    )
    assert ("tests/test_b.py::test_x",) == comparison.subjects(Category.COLLECTED)
    assert ("tests/test_b.py::test_y",) == comparison.subjects(Category.REVEALED_FAILING)
    assert {} == comparison.delta.collectors


def test_tests_lost_to_an_error_in_a_renamed_file_are_no_removal() -> None:
    """Tests whose file was renamed and no longer imports are lost to the collection error of the new name."""
    comparison = compare(
        make_evidence({OTHER: PASSED, f"{A}::test_x": PASSED}),
        make_evidence({OTHER: PASSED}, collectors={"tests/test_b.py": ERRORED}),
        Renames(paths={A: "tests/test_b.py"}),
    )
    assert ("tests/test_b.py",) == comparison.subjects(Category.NEW_COLLECTION_ERROR)
    assert () == comparison.subjects(Category.REMOVED)


def touching(base: CollectorState, head: CollectorState, *touched: str) -> dict[str, tuple[str, ...]]:
    """What becomes of one module by a change that touches the files ``touched``."""
    tests = {OTHER: PASSED}
    comparison = compare(
        make_evidence(tests, collectors={A: base}),
        make_evidence(tests, collectors={A: head}),
        Renames(paths={}),
        TouchedFiles(paths=frozenset(touched)),
    )
    found = {**comparison.delta.collectors, **comparison.muted_collectors}
    return {category.label: names for category, names in found.items()}


def test_a_module_that_collects_without_tests_is_not_gone() -> None:
    """A module that the change does not touch holds the tests that it held: none."""
    assert {} == touching(ERRORED, EMPTY, "src/product.py")
    assert {} == touching(SKIPPED, EMPTY, "src/product.py")


def test_a_module_without_tests_that_the_change_touches_may_have_been_emptied() -> None:
    """What could not be collected before may have lost its tests, and a person looks."""
    assert {"collected_empty": (A,)} == touching(ERRORED, EMPTY, A)
    assert {"removed_muted": (A,)} == touching(SKIPPED, EMPTY, A)


def test_a_folder_is_touched_with_every_file_in_it() -> None:
    """A package that could not be collected is touched by a change of what lies in it."""
    tests = {OTHER: PASSED}
    base, head = make_evidence(tests, collectors={"tests": ERRORED}), make_evidence(tests, collectors={"tests": EMPTY})
    for path, expected in ((A, {"collected_empty": ("tests",)}), ("tests.py", {})):
        delta = compare(base, head, Renames(paths={}), TouchedFiles(paths=frozenset({path}))).delta
        assert expected == {category.label: names for category, names in delta.collectors.items()}


def test_an_outer_collector_without_tests_says_nothing_of_a_module_that_is_gone() -> None:
    """Only the module itself shows that it is there."""
    after = collectors_after({A: ERRORED}, {"tests": EMPTY})
    assert ({"removed_module": (A,)}, {}) == after


@pytest.mark.parametrize(
    ("head_cause", "head_signature", "touched", "expected"),
    [
        (SHADOW, "same", "src/product.py", "shadowed_module"),
        (SHADOW, "same", A, "persistent_collection_error"),
        (SHADOW, "other", "src/product.py", "persistent_collection_error"),
        ("ModuleNotFoundError: No module named 'x'", "same", "src/product.py", "persistent_collection_error"),
    ],
)
def test_a_module_that_is_shadowed_on_both_sides_is_told_apart(
    head_cause: str, head_signature: str, touched: str, expected: str
) -> None:
    """A second module of one name, which pytest refuses, is no fault of a change that does not touch the module."""
    errors, signatures = {A: ERRORED}, {A: make_signature("same")}
    base = make_evidence({OTHER: PASSED}, collectors=errors, signatures=signatures, causes={A: SHADOW})
    head = make_evidence(
        {OTHER: PASSED}, collectors=errors, signatures={A: make_signature(head_signature)}, causes={A: head_cause}
    )
    delta = compare(base, head, Renames(paths={}), TouchedFiles(paths=frozenset({touched}))).delta
    assert {expected: (A,)} == {category.label: names for category, names in delta.collectors.items()}
