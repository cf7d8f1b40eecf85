"""Tests that say the same once moved names are mapped, and such as only look like it."""

import ast

import pytest

from autopack_executor.syntax.moved_names import Adapted, adapted_tests

OLD = """\
from unittest import mock
import pytest
import shop
from shop import total
from tests.builders import cart

RATE = 3


def test_total():
    '''It adds.'''
    assert 6 == total([1, 2, 3], rounded=True)


class TestLabel:
    @pytest.mark.parametrize("amount", [1, 2])
    def test_label(self, amount):
        with mock.patch("shop.money.format"):
            assert shop.label(amount).text == cart(amount)
"""


def adapted(new: str, old: str = OLD) -> list[str]:
    """The tests that differ in moved names only."""
    return [each.test for each in adapted_tests(ast.parse(old), ast.parse(new))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("total", "sum_up", ["test_total"]),
        ("rounded=", "exact=", ["test_total"]),
        ("from shop import total", "from shop.sums import total", ["test_total"]),
        ("from shop import total", "from fakes import total", []),
        ("from shop import total", "from tests.shop import total", []),
        ("shop.label(", "shop.labelled(", ["TestLabel::test_label"]),
        (").text", ").words", ["TestLabel::test_label"]),
        ('"shop.money.format"', '"shop.texts.format"', ["TestLabel::test_label"]),
        ("'''It adds.'''", "", []),
    ],
)
def test_a_moved_name_is_mapped(before: str, after: str, expected: list[str]) -> None:
    """An imported name, an attribute, a keyword and the place of a patch may move; equal tests are none."""
    assert expected == adapted(OLD.replace(before, after).replace("def test_sum_up", "def test_total"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("6 ==", "5 =="),
        ("6 ==", "6 <="),
        ("rounded=True)", "exact=True) or True"),
        ("[1, 2, 3], rounded=True", "[1, 2], exact=True"),
        ("cart(amount)\n", "crate(amount)\n"),
        ("RATE = 3", "RATE = 4\n\n\ndef extra(): pass"),
        ("[1, 2])\n", "[1])\n"),
        ("total([1, 2, 3], rounded=True)", "len([1, 2, 3, 4, 5, 6])"),
    ],
)
def test_what_may_be_weaker_is_not_adapted(before: str, after: str) -> None:
    """Another constant, operator, input, parameter, helper or built-in function is no moved name."""
    renamed = OLD.replace("total(", "sum_up(").replace("import total", "import sum_up")
    moved = renamed.replace("shop.label", "shop.labelled").replace("def test_sum_up", "def test_total")
    changed = moved.replace(before.replace("total(", "sum_up("), after)
    assert moved != changed

    lost = set(adapted(moved)) - set(adapted(changed))
    assert lost


def test_two_names_do_not_become_one() -> None:
    """A test that compares two things does not say the same when it compares one with itself."""
    old = "from shop import a, b\n\n\ndef test_it():\n    assert a(1) == b(1)\n"
    assert [] == adapted("from shop import c\n\n\ndef test_it():\n    assert c(1) == c(1)\n", old)


def test_another_assertion_is_another_test() -> None:
    """The assertions of unittest, and what pytest calls things, are no names that a change moves."""
    old = "import f\n\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, f.x())\n"
    assert [] == adapted(old.replace("assertEqual", "assertNotEqual"), old)
    assert ["TestIt::test_it"] == adapted(old.replace("f.x", "f.y"), old)


def test_a_second_test_of_one_name_is_no_test_of_its_own() -> None:
    """What is defined twice runs the second time, so nothing is said of it."""
    old = "from shop import a\n\n\ndef test_it():\n    assert a()\n"
    new = "from shop import b\n\n\ndef test_it():\n    assert b()\n\n\ndef test_it():\n    pass\n"
    assert [] == adapted(new, old)


def test_a_method_of_the_test_itself_does_not_move() -> None:
    """A test that calls another method of its own class checks something else."""
    methods = "    def strict(self): ...\n    def loose(self): ...\n"
    old = f"class TestIt:\n{methods}    def test_it(self):\n        self.strict()\n"
    assert [] == adapted(old.replace("self.strict", "self.loose"), old)


def test_a_name_that_is_still_there_did_not_move() -> None:
    """Where the module still uses the old name, the new one stands for something else."""
    old = "import f\n\n\ndef test_it():\n    f.strict()\n\n\ndef test_other():\n    f.strict()\n"
    assert [] == adapted(old.replace("f.strict", "f.loose", 1), old)
    assert ["test_it", "test_other"] == adapted(old.replace("f.strict", "f.loose"), old)


def test_what_moved_is_told() -> None:
    """The old name of each thing is told with the new one, and the line of the test."""
    old = "from f import g\n\n\ndef test_it():\n    g.x(a=1)\n"
    (found,) = adapted_tests(ast.parse(old), ast.parse("from f.h import g\n\n\ndef test_it():\n    g.y(b=1)\n"))
    assert Adapted(test="test_it", line=4, moved={"x": "y", "a": "b", "f.g": "f.h.g"}) == found


def test_a_name_from_elsewhere_did_not_move() -> None:
    """A test whose subject comes from another package tests something else."""
    old = "from shop import total\n\n\ndef test_it():\n    assert total()\n"
    assert [] == adapted("from mocks import summed\n\n\ndef test_it():\n    assert summed()\n", old)
    assert ["test_it"] == adapted("from shop import summed\n\n\ndef test_it():\n    assert summed()\n", old)
