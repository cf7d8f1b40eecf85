"""Weaker tests whose subject stands in a module of tests and changed as well."""

import pytest

from autopack_executor.syntax.look import look
from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import Files, sources

BASE = """\
def total(items):
    return sum(items)


def mean(items):
    return total(items) / len(items)


def test_total():
    assert total([1, 2]) == 3


def test_mean():
    assert mean([1, 3]) == 2
"""
WRONG = BASE.replace("sum(items)", "sum(items) + 1")


def found(before: Files, after: Files, tests: list[str]) -> list[str]:
    """The tests of which that is found, where these files hold tests."""
    asked = sources(before, after)
    asked["tests"] = [path for path in tests if path in asked["head"]]
    asked["support"] = []
    return sorted(each["test"] for each in look(asked)["found"] if each["rule"] == FindingRule.SUBJECT_BESIDE_TEST)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("== 3", "== 4", ["calc.py::test_total"]),
        ("== 3", ">= 3", ["calc.py::test_total"]),
        ("mean([1, 3]) == 2", "mean([1, 3]) == 2.5", ["calc.py::test_mean"]),
        ("def test_mean", "def test_other", []),
    ],
)
def test_a_weaker_test_beside_its_subject_is_found(old: str, new: str, expected: list[str]) -> None:
    """It is found where the test uses what changed, through another function as well."""
    assert expected == found({"calc.py": BASE}, {"calc.py": WRONG.replace(old, new)}, ["calc.py"])
    assert [] == found({"calc.py": BASE}, {"calc.py": BASE.replace(old, new)}, ["calc.py"])


def test_a_weaker_test_elsewhere_is_found() -> None:
    """Another module of tests may use what stands in a module of tests."""
    other = "from calc import total\n\n\ndef test_it():\n    assert total([2]) == 2\n"
    files = {"calc.py": BASE, "tests/test_it.py": other}
    after = {"calc.py": WRONG, "tests/test_it.py": other.replace("== 2", "== 3")}
    assert ["tests/test_it.py::test_it"] == found(files, after, ["calc.py", "tests/test_it.py"])


@pytest.mark.parametrize("path", ["tests/calc.py", "test_calc.py", "calc_test.py", "shop/testing/calc.py"])
def test_a_helper_of_tests_is_no_subject(path: str) -> None:
    """What changes in a module of tests alone is a helper."""
    assert [] == found({path: BASE}, {path: WRONG.replace("== 3", "== 4")}, [path])


def test_a_module_that_tests_another_one_has_no_subject() -> None:
    """A module of tests that imports product tests that."""
    before, after = (f"from shop import price\n\n\n{each}" for each in (BASE, WRONG.replace("== 3", "== 4")))
    assert [] == found({"calc.py": before}, {"calc.py": after}, ["calc.py"])
