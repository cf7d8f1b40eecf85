"""Tests whose functions live on under another name."""

from dataclasses import replace

import pytest

from autopack_gatekeeper.domain.comparison import compare
from autopack_gatekeeper.domain.moved_tests import moved_tests
from autopack_gatekeeper.domain.renames import Renames
from autopack_model.changed_files.value import TestFunction
from autopack_model.decision.delta import Category
from autopack_model.digest import digest_bytes
from autopack_model.evidence.outcome import TestState
from autopack_model.identity.value import Side
from tests.fakes.evidence import make_evidence


def function(side: Side, path: str, name: str) -> TestFunction:
    """One of a file's functions; all of them say the same."""
    digest = digest_bytes(b"same")
    return TestFunction(side=side, path=path, name=name, digest=digest, setting=digest, uses=(), checks=1, shape=digest)


def test_an_id_without_a_function_is_no_moved_test() -> None:
    """A test that is called by its file alone, as a plugin may call it, is removed, beside one whose function moved."""
    base = make_evidence({"a.py::test_a": TestState.PASSED, "spec.yaml": TestState.PASSED})
    head = make_evidence({"a.py::test_b": TestState.PASSED, "other.yaml": TestState.PASSED})
    functions = (function(Side.BASE, "a.py", "test_a"), function(Side.HEAD, "a.py", "test_b"))

    comparison = compare(base, head, Renames(paths={}, functions=functions))

    assert {"a.py::test_b": "a.py::test_a"} == comparison.names_on_base
    assert ("spec.yaml",) == comparison.tests(Category.REMOVED)


def test_a_parameter_of_its_own_may_become_a_function() -> None:
    """A case of a parametrised test whose function says the same under another name is paired with it, and a test of a
    moved file that was rewritten is found under its old name there.
    """
    digest, other = digest_bytes(b"case"), digest_bytes(b"more")
    old = replace(function(Side.BASE, "a.py", "test_a[x]"), digest=digest)
    new = replace(function(Side.HEAD, "a.py", "test_x"), digest=digest)
    before = replace(function(Side.BASE, "old/c.py", "test_c"), digest=other, uses=("shop.total",))
    after = replace(function(Side.HEAD, "new/c.py", "test_c"), uses=("shop.label", "shop.total"), checks=2)
    base = make_evidence({"a.py::test_a[x]": TestState.PASSED, "old/c.py::test_c": TestState.PASSED})
    head = make_evidence({"a.py::test_x": TestState.PASSED, "new/c.py::test_c": TestState.PASSED})
    renames = Renames(paths={}, functions=(old, before, new, after), moved_files={"old/c.py": "new/c.py"})

    comparison = compare(base, head, renames)

    assert {"a.py::test_x": "a.py::test_a[x]", "new/c.py::test_c": "old/c.py::test_c"} == comparison.names_on_base
    assert ("old/c.py::test_c",) == comparison.tests(Category.MOVED_AND_REWRITTEN)


def test_a_test_that_another_one_contains_was_rewritten_or_merged() -> None:
    """One new test that does all of one that is gone is its new name; one that does all of two, or that was there, took
    them in.
    """
    digest, other = digest_bytes(b"one"), digest_bytes(b"two")
    one = replace(function(Side.BASE, "a.py", "test_one"), digest=digest)
    two = replace(function(Side.BASE, "a.py", "test_two"), digest=other)
    new = replace(function(Side.HEAD, "a.py", "test_new"), digest=digest_bytes(b"new"), contains=(digest,))
    base = make_evidence(dict.fromkeys(("a.py::test_one", "a.py::test_two", "a.py::test_stays"), TestState.PASSED))
    head = make_evidence(dict.fromkeys(("a.py::test_new", "a.py::test_stays"), TestState.PASSED))

    grown = compare(base, head, Renames(paths={}, functions=(one, two, new)))
    both = replace(new, contains=tuple(sorted((digest, other))))
    merged = compare(base, head, Renames(paths={}, functions=(one, two, both)))
    stays = compare(base, head, Renames(paths={}, functions=(one, two, replace(both, name="test_stays"))))
    unclear = compare(base, head, Renames(paths={}, functions=(one, two, both, replace(both, name="test_stays"))))

    assert {"a.py::test_new": "a.py::test_one"} == grown.names_on_base
    assert ("a.py::test_one",) == grown.tests(Category.MOVED_AND_REWRITTEN)
    assert {"a.py::test_one": "a.py::test_new", "a.py::test_two": "a.py::test_new"} == merged.merged
    assert {"a.py::test_one": "a.py::test_stays", "a.py::test_two": "a.py::test_stays"} == stays.merged
    assert ({}, {}) == (unclear.names_on_base, unclear.merged)


def gone(name: str, content: str) -> TestFunction:
    """A function that is gone."""
    return replace(
        function(Side.BASE, "a.py", name), digest=digest_bytes(content.encode()), uses=("shop.total",), checks=2
    )


def came(name: str, content: str) -> TestFunction:
    """A function that came, and does as much as each that is gone."""
    return replace(gone(name, content), side=Side.HEAD)


def successors(lost: dict[TestFunction, str], gained: dict[TestFunction, str], renames: Renames) -> dict[str, str]:
    """Which test may be what became of which, by their names with what stands in brackets."""
    before, after = (
        [f"{each.path}::{each.name}{bracket}" for each, brackets in side.items() for bracket in brackets.split()]
        if any(side.values())
        else [f"{each.path}::{each.name}" for each in side]
        for side in (lost, gained)
    )
    found = moved_tests(before, after, replace(renames, functions=(*lost, *gained)))
    assert {} == found.ids
    return {old.removeprefix("a.py::"): new.removeprefix("a.py::") for old, new in found.successors.items()}


NO_RENAMES = Renames(paths={})


def test_the_only_new_test_that_does_as_much_may_be_the_one_that_is_gone() -> None:
    """It uses all that the old one used, and checks no less often, in the same file or in the one that it moved to."""
    old, new = gone("test_a", "old"), came("test_b", "new")
    assert {"test_a": "test_b"} == successors({old: ""}, {new: ""}, NO_RENAMES)
    assert {"test_a": "b.py::test_b"} == successors(
        {old: ""}, {replace(new, path="b.py"): ""}, Renames(paths={"a.py": "b.py"})
    )
    assert {"test_a": "u/a.py::test_b"} == successors(
        {old: ""}, {replace(new, path="u/a.py"): ""}, Renames(paths={}, moved_files={"a.py": "u/a.py"})
    )


@pytest.mark.parametrize(
    "new",
    [
        replace(came("test_b", "new"), path="b.py"),
        replace(came("test_b", "new"), setting=digest_bytes(b"other")),
        replace(came("test_b", "new"), uses=("shop.label",)),
        replace(came("test_b", "new"), checks=1),
    ],
    ids=["other_file", "other_setting", "uses_other", "checks_less"],
)
def test_a_new_test_that_does_less_is_none(new: TestFunction) -> None:
    """Another file, another setting, another subject and fewer checks make another test."""
    assert {} == successors({gone("test_a", "old"): ""}, {new: ""}, NO_RENAMES)


def test_where_two_could_be_the_one_the_shape_or_the_parameters_tell() -> None:
    """One of the same shape goes first, then one with the same parameters; without either, none is."""
    old, first, second = gone("test_a", "old"), came("test_b", "first"), came("test_c", "second")
    assert {} == successors({old: ""}, {first: "", second: ""}, NO_RENAMES)
    shaped = replace(second, shape=digest_bytes(b"other"))
    assert {"test_a": "test_b"} == successors({old: ""}, {first: "", shaped: ""}, NO_RENAMES)
    assert {"test_a[x]": "test_c[x]"} == successors({old: "[x]"}, {first: "[y]", second: "[x]"}, NO_RENAMES)


@pytest.mark.parametrize(
    ("lost", "gained", "pairs"),
    [
        ("[a] [b]", "[a] [b] [c]", {"[a]": "[a]", "[b]": "[b]"}),
        ("[a] [b]", "[a] [x]", {"[a]": "[a]", "[b]": "[x]"}),
        ("[a] [b] [c]", "[a] [x]", {"[a]": "[a]"}),
    ],
)
def test_no_parameter_of_a_renamed_test_is_left_out(lost: str, gained: str, pairs: dict[str, str]) -> None:
    """Each test stands for one; where there are fewer, only those of equal names do."""
    found = successors({gone("test_a", "old"): lost}, {came("test_b", "new"): gained}, NO_RENAMES)
    assert {f"test_a{old}": f"test_b{new}" for old, new in pairs.items()} == found
