"""Comparing two sides: renames, parameters, changed failures."""

import tracemalloc
from dataclasses import replace

import pytest

from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.parameters import function_of
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.decision.delta import Category
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.suite_run.value import CollectorState
from tests.fakes.evidence import make_evidence, make_signature

PASSED, FAILED, SKIPPED, FLAKY = TestState.PASSED, TestState.FAILED, TestState.SKIPPED, TestState.FLAKY
OLD, NEW = "tests/test_old.py", "tests/test_new.py"
F = "tests/test_f.py::test_f"


def categories(base: Evidence, head: Evidence, renames: dict[str, str] | None = None) -> dict[str, str]:
    """The label of the category of every test id."""
    comparison = compare(base, head, Renames(paths=renames or {}))
    return {test_id: Category(cell).label for test_id, cell in zip(comparison.ids, comparison.delta.cells, strict=True)}


def test_a_changed_signature_is_a_changed_failure() -> None:
    """A test that fails on both sides in another way is told from one that still fails."""
    base = make_evidence({"a::x": FAILED, "a::y": FAILED}, signatures={"a::x": make_signature("one")})
    head = make_evidence({"a::x": FAILED, "a::y": FAILED}, signatures={"a::x": make_signature("two")})
    assert {"a::x": "changed_failure", "a::y": "still_failing"} == categories(base, head)


def test_an_unknown_signature_is_no_change() -> None:
    """Without both signatures nothing shows that the failure is another one."""
    base = make_evidence({"a::x": FAILED})
    blank = type(base)(
        suite_run=base.suite_run,
        test_ids=base.test_ids,
        states=base.states,
        durations=b"",
        reruns=b"",
        details=(replace(base.details[0], message="", signature=""),),
    )
    assert {"a::x": "still_failing"} == categories(base, blank)
    assert {"a::x": "still_failing"} == categories(blank, base)


def test_the_signature_of_one_test_is_not_taken_for_that_of_another() -> None:
    """Signatures are looked up by test id, not by position, when the sides have different tests."""
    base = make_evidence({"a::x": FAILED, "a::z": FAILED})
    head = make_evidence({"a::a": FAILED, "a::x": FAILED, "a::z": FAILED})
    assert {"a::a": "added_failing", "a::x": "still_failing", "a::z": "still_failing"} == categories(base, head)


def test_a_rename_is_no_removal() -> None:
    """The pair's category stands at the new id, the old one is RENAMED."""
    base = make_evidence({f"{OLD}::t": PASSED, f"{OLD}::u": FAILED, f"{OLD}::v": PASSED})
    head = make_evidence({f"{NEW}::t": PASSED, f"{NEW}::u": FAILED, f"{NEW}::v": FAILED})
    expected = {
        f"{NEW}::t": "still_passing",
        f"{NEW}::u": "changed_failure",
        f"{NEW}::v": "newly_failing",
        f"{OLD}::t": "renamed",
        f"{OLD}::u": "renamed",
        f"{OLD}::v": "renamed",
    }
    assert expected == categories(base, head, {OLD: NEW})


def test_a_failure_with_the_same_signature_is_still_failing_across_a_rename() -> None:
    """Signatures follow the test to its new id."""
    signature = make_signature("same")
    base = make_evidence({f"{OLD}::u": FAILED}, signatures={f"{OLD}::u": signature})
    head = make_evidence({f"{NEW}::u": FAILED}, signatures={f"{NEW}::u": signature})
    assert {f"{NEW}::u": "still_failing", f"{OLD}::u": "renamed"} == categories(base, head, {OLD: NEW})


@pytest.mark.parametrize(
    ("old", "new", "test", "name_on_head"),
    [
        ("docs/a.txt", "docs/b.txt", "a.txt", "b.txt"),
        ("pkg/a.py", "pkg/b.py", "pkg.a.f", "pkg.b.f"),
        ("pkg/a.py", "pkg/b.py", "pkg.a", "pkg.b"),
        ("src/pkg/a.py", "src/pkg/sub/b.py", "pkg.a.f", "pkg.sub.b.f"),
        ("src/pkg/a.py", "src/pkg/a/__init__.py", "pkg.a.f", "pkg.a.f"),
        ("src/pkg/__init__.py", "src/other/__init__.py", "pkg.f", "other.f"),
        ("tests/a.py", "checks/a.py", "tests.a.f", "checks.a.f"),
    ],
)
def test_a_doctest_follows_its_renamed_file(old: str, new: str, test: str, name_on_head: str) -> None:
    """A doctest is named after its file, so its own name changes with the path."""
    base, head = make_evidence({f"{old}::{test}": PASSED}), make_evidence({f"{new}::{name_on_head}": FAILED})
    assert {f"{new}::{name_on_head}": "newly_failing", f"{old}::{test}": "renamed"} == categories(
        base, head, {old: new}
    )


def test_a_doctest_of_another_name_is_removed() -> None:
    """In a renamed file only the test that the new path implies is the same; a function named as its file is plain."""
    base = make_evidence({"a.py::a.f": PASSED, "a.py::a": PASSED})
    head = make_evidence({"b.py::a": PASSED, "b.py::b": PASSED, "b.py::b.g": PASSED})
    expected = {
        "a.py::a": "renamed",
        "a.py::a.f": "removed",
        "b.py::a": "still_passing",
        "b.py::b": "added_passing",
        "b.py::b.g": "added_passing",
    }
    assert expected == categories(base, head, {"a.py": "b.py"})


def test_a_test_that_a_renamed_file_lost_is_removed() -> None:
    """A rename excuses only the tests that live on."""
    base = make_evidence({f"{OLD}::t": PASSED, f"{OLD}::gone": PASSED, f"{OLD}::bad": FAILED})
    head = make_evidence({f"{NEW}::t": PASSED})
    expected = {
        f"{NEW}::t": "still_passing",
        f"{OLD}::bad": "removed_failing",
        f"{OLD}::gone": "removed",
        f"{OLD}::t": "renamed",
    }
    assert expected == categories(base, head, {OLD: NEW})


def test_a_new_id_that_base_had_already_is_not_paired() -> None:
    """Where the new id was measured on base it is compared with itself, and the old one is removed."""
    base = make_evidence({f"{OLD}::t": PASSED, f"{NEW}::t": PASSED})
    head = make_evidence({f"{NEW}::t": PASSED})
    assert {f"{NEW}::t": "still_passing", f"{OLD}::t": "removed"} == categories(base, head, {OLD: NEW})


def test_an_old_id_that_head_still_has_is_not_renamed() -> None:
    """Where the old id is still reported it is compared with itself, and the new one is added."""
    base = make_evidence({f"{OLD}::t": PASSED})
    head = make_evidence({f"{OLD}::t": PASSED, f"{NEW}::t": FAILED})
    assert {f"{NEW}::t": "added_failing", f"{OLD}::t": "still_passing"} == categories(base, head, {OLD: NEW})


def test_a_module_skip_in_a_renamed_file_mutes_its_tests() -> None:
    """Renaming a file and skipping it as a whole is muting, not removing."""
    base = make_evidence({f"{OLD}::t": FAILED})
    head = make_evidence({}, collectors={NEW: CollectorState.SKIPPED})
    assert {f"{OLD}::t": "muted_failing"} == categories(base, head, {OLD: NEW})


@pytest.mark.parametrize(
    ("test_id", "expected"),
    [
        ("a.py::test_f", "a.py::test_f"),
        ("a.py::test_f[x]", "a.py::test_f"),
        ("a.py::test_f[a::b]", "a.py::test_f"),
        ("a.py::test_f[[x]-y[0]]", "a.py::test_f"),
        ("a.py::T::test_f[x]", "a.py::T::test_f"),
        ("[odd]/a.py::test_f[x]", "[odd]/a.py::test_f"),
        ("readme.txt", None),
    ],
)
def test_the_function_of_a_test_id(test_id: str, expected: str | None) -> None:
    """The function ends at the first bracket behind the path, whatever the parameter's name holds."""
    assert expected == function_of(test_id)


def test_parameters_with_other_names_are_reparametrised() -> None:
    """When the count does not fall and all pass, the lost and the gained ids only tell of other names."""
    base = make_evidence({f"{F}[1]": PASSED, f"{F}[2]": PASSED})
    head = make_evidence({f"{F}[1]": PASSED, f"{F}[two]": PASSED, f"{F}[three]": PASSED})
    expected = {
        f"{F}[1]": "still_passing",
        f"{F}[2]": "reparametrised",
        f"{F}[three]": "reparametrised",
        f"{F}[two]": "reparametrised",
    }
    assert expected == categories(base, head)


def test_fewer_parameters_are_a_removal() -> None:
    """When the count falls the lost ids are removed, and the gained ones are new."""
    base = make_evidence({f"{F}[1]": PASSED, f"{F}[2]": PASSED})
    head = make_evidence({f"{F}[x]": PASSED})
    assert {f"{F}[1]": "removed", f"{F}[2]": "removed", f"{F}[x]": "added_passing"} == categories(base, head)


@pytest.mark.parametrize("state", [FAILED, SKIPPED, FLAKY])
def test_parameters_beside_one_that_is_not_good_on_head_are_not_excused(state: TestState) -> None:
    """One new parameter that is not good, and that nothing on base was like, keeps the removals."""
    base = make_evidence({f"{F}[1]": PASSED, f"{F}[2]": PASSED})
    head = make_evidence({f"{F}[x]": PASSED, f"{F}[y]": state})
    assert "removed" == categories(base, head)[f"{F}[1]"]
    assert "added_passing" == categories(base, head)[f"{F}[x]"]


@pytest.mark.parametrize("state", [FAILED, SKIPPED, FLAKY])
def test_a_parameter_that_keeps_its_name_tells_for_itself(state: TestState) -> None:
    """A test that is what it was does not keep the other parameters of its function from changing their names."""
    base = make_evidence({f"{F}[0]": state, f"{F}[1]": PASSED})
    head = make_evidence({f"{F}[0]": state, f"{F}[x]": PASSED})
    assert "reparametrised" == categories(base, head)[f"{F}[1]"]


@pytest.mark.parametrize(
    ("state", "expected"), [(FAILED, "removed_failing"), (SKIPPED, "removed_muted"), (FLAKY, "removed")]
)
def test_a_lost_parameter_that_was_not_good_is_never_excused(state: TestState, expected: str) -> None:
    """A failing, muted or flaky parameter that disappears keeps its own category."""
    base = make_evidence({f"{F}[1]": PASSED, f"{F}[2]": state})
    head = make_evidence({f"{F}[x]": PASSED, f"{F}[y]": PASSED})
    assert expected == categories(base, head)[f"{F}[2]"]
    assert "reparametrised" == categories(base, head)[f"{F}[1]"]


def test_lost_bad_parameters_count() -> None:
    """A failing parameter that disappears lowers the count of the function."""
    base = make_evidence({f"{F}[1]": PASSED, f"{F}[2]": FAILED})
    head = make_evidence({f"{F}[x]": PASSED})
    assert {f"{F}[1]": "removed", f"{F}[2]": "removed_failing", f"{F}[x]": "added_passing"} == categories(base, head)


def test_parameters_of_another_function_do_not_count() -> None:
    """New parameters of one function do not excuse the loss of another's, though its name begins alike."""
    base = make_evidence({f"{F}[1]": PASSED})
    head = make_evidence({f"{F}oo[1]": PASSED})
    assert {f"{F}[1]": "removed", f"{F}oo[1]": "added_passing"} == categories(base, head)


def test_a_test_that_becomes_parametrised_is_reparametrised() -> None:
    """A function without parameters that gets some is still the same function."""
    base, head = make_evidence({F: PASSED}), make_evidence({f"{F}[1]": PASSED, f"{F}[2]": PASSED})
    expected = {F: "reparametrised", f"{F}[1]": "reparametrised", f"{F}[2]": "reparametrised"}
    assert expected == categories(base, head)


def test_parameters_may_change_names_in_a_renamed_file() -> None:
    """Rename and other parameters at once: the function is found under its new path."""
    base = make_evidence({f"{OLD}::t[1]": PASSED, f"{OLD}::t[2]": PASSED})
    head = make_evidence({f"{NEW}::t[1]": PASSED, f"{NEW}::t[x]": PASSED})
    expected = {
        f"{NEW}::t[1]": "still_passing",
        f"{NEW}::t[x]": "reparametrised",
        f"{OLD}::t[1]": "renamed",
        f"{OLD}::t[2]": "reparametrised",
    }
    assert expected == categories(base, head, {OLD: NEW})


def test_files_that_swap_along_a_chain_of_renames_are_told_apart() -> None:
    """A new path that another file had on base is not a hindrance where the ids differ."""
    base = make_evidence({"a.py::t": PASSED, "b.py::u": FAILED})
    head = make_evidence({"b.py::t": PASSED, "c.py::u": FAILED})
    expected = {"a.py::t": "renamed", "b.py::t": "still_passing", "b.py::u": "renamed", "c.py::u": "changed_failure"}
    assert expected == categories(base, head, {"a.py": "b.py", "b.py": "c.py"})


def test_a_lost_parameter_that_head_skips_is_muted_not_reparametrised() -> None:
    """What a skipped collector hides on head is not excused by new parameters."""
    base = make_evidence({f"{F}[1]": PASSED})
    head = make_evidence({f"{F}[x]": PASSED}, collectors={"tests/test_f.py": CollectorState.SKIPPED})
    assert {f"{F}[1]": "newly_muted", f"{F}[x]": "added_passing"} == categories(base, head)


def test_new_parameters_beside_a_lost_failing_one_are_added() -> None:
    """Where nothing is excused, the new ids are simply new."""
    base, head = make_evidence({f"{F}[1]": FAILED}), make_evidence({f"{F}[x]": PASSED})
    assert {f"{F}[1]": "removed_failing", f"{F}[x]": "added_passing"} == categories(base, head)


def test_without_a_base_everything_is_added() -> None:
    """No baseline: every test of head is new."""
    comparison = compare(None, make_evidence({"a::x": PASSED, "a::y": FAILED, "a::z": SKIPPED}), Renames(paths={}))
    expected = bytes((Category.ADDED_PASSING, Category.ADDED_FAILING, Category.ADDED_MUTED))
    assert expected == comparison.delta.cells


@pytest.mark.parametrize("base_count", [0, 20_000])
def test_no_list_of_ids_is_copied(base_count: int) -> None:
    """Comparing needs a small part of the memory that the ids take, with ids that differ and without a base's."""
    names = [
        f"tests/unit/area/test_module_{number // 50:04}.py::TestCase::test_{number:06}" for number in range(20_000)
    ]
    base = make_evidence(dict.fromkeys(names[:base_count], PASSED))
    head = make_evidence({f"{name}_new" if not index % 100 else name: PASSED for index, name in enumerate(names)})
    tracemalloc.start()
    try:
        comparison = compare(base, head, Renames(paths={}))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(names) + base_count // 100 == len(comparison.delta.cells)
    assert peak < sum(map(len, names)) / 4
