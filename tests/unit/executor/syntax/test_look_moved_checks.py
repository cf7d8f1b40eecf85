"""Checks that another test, a pattern or another name of the product says now, and checks that only look so."""

import pytest

from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import findings, rules

TWO = "def test_split():\n    parts = split(100, 3)\n    assert len(parts) == 3\n    assert sum(parts) == 100\n"
LESS = "def test_split():\n    assert len(split(100, 3)) == 3\n\n\n"
SUM = "assert sum(split(100, 3)) == 100\n"


@pytest.mark.parametrize(
    "more",
    [
        f"def test_sum():\n    {SUM}",
        f"class TestSum:\n    def test_sum(self):\n        {SUM}",
        f"def test_sum():\n    parts = split(100, 3)\n    total([1])\n    {SUM}",
    ],
)
def test_a_test_that_becomes_two_gives_no_finding(more: str) -> None:
    """A check that another test of the change makes now is not gone."""
    assert [] == rules(TWO, LESS + more)


@pytest.mark.parametrize(
    "more",
    [
        f"@pytest.mark.skip\ndef test_sum():\n    {SUM}",
        f"def test_sum():\n    if total:\n        {SUM}",
        f"def test_sum():\n    return\n    {SUM}",
        f"def test_sum():\n    def inner():\n        {SUM}",
        f"def summed():\n    {SUM}",
        "def test_sum():\n    assert sum(split(100, 3)) == 99\n",
    ],
)
def test_a_check_that_nothing_surely_makes_is_gone(more: str) -> None:
    """A muted test, a condition, another value and a function that is no test take no check's place."""
    assert "assertion_removed" in rules(TWO, LESS + more)


def test_one_check_takes_the_place_of_one() -> None:
    """Two checks that are gone are not both explained by one new one."""
    old = f"def test_{{}}():\n    assert len(split(100, 3)) == 3\n    {SUM}\n\n"
    new = "".join(old.format(name).replace(f"    {SUM}", "") for name in "ab")
    more = f"def test_sum():\n    {SUM}"
    assert ["assertion_removed"] == rules(old.format("a") + old.format("b"), new + more)


def test_a_check_that_another_test_made_before_takes_no_place() -> None:
    """What the other test checked on base as well is nothing new."""
    other = f"def test_sum():\n    {SUM}\n\n"
    assert ["assertion_removed"] == rules(other + TWO, other + LESS)


def test_a_helper_that_loses_its_check_is_found() -> None:
    """What a function that is no test checked is made by no test."""
    helper = "def check(parts):\n    {}\n\n\ndef test_split():\n    check(split(100, 3))\n"
    assert ["assertion_removed"] == rules(helper.format("assert sum(parts) == 100"), helper.format("pass"))


RAISES = "with pytest.raises(ValueError) as caught:\n        split(1, 0)\n    {}"
MATCHES = "with pytest.raises(ValueError, match={}):\n        split(1, 0)"
BODY = "def test_it():\n    {}\n"


@pytest.mark.parametrize(
    ("check", "pattern"),
    [
        ("assert 'no (0) ways' in str(caught.value)", r"r'no \(0\) ways'"),
        ("assert 'no (0) ways' in str(caught.value)", "re.escape('no (0) ways')"),
        ("assert 'ways' in str(caught.value)", "'no ways'"),
        ("assert 'no ways.' in caught.value.args[0]", "'no ways.'"),
        ("text = str(caught.value)\n    assert 'no ways' in text", "'no ways'"),
        ("assert str(caught.value) == 'no ways'", "'^no ways$'"),
        ("assert 'no' in str(caught.value)\n    assert 'ways' in str(caught.value)", "'no .*ways'"),
        ("assert caught.match('no ways')", "'no ways'"),
    ],
)
def test_the_text_of_an_exception_may_become_a_pattern(check: str, pattern: str) -> None:
    """An assertion about the text of an exception that the pattern says is not gone."""
    assert [] == rules(BODY.format(RAISES.format(check)), BODY.format(MATCHES.format(pattern)))


@pytest.mark.parametrize(
    ("check", "pattern"),
    [
        ("assert 'no ways' in str(caught.value)", "'no'"),
        ("assert 'no ways' in str(caught.value)", "'no ways|'"),
        ("assert 'no ways' in str(caught.value)", "'.*'"),
        ("assert 'no ways' in str(caught.value)", "'(no ways)?'"),
        ("assert str(caught.value) == 'no ways'", "'no ways'"),
        ("assert 'no ways' in str(other.value)", "'no ways'"),
    ],
)
def test_a_pattern_that_says_less_takes_no_place(check: str, pattern: str) -> None:
    """A pattern that accepts more than the assertion did leaves the assertion gone."""
    found = rules(BODY.format(RAISES.format(check)), BODY.format(MATCHES.format(pattern)))
    assert ["assertion_removed"] == found


def test_unittest_has_patterns_too() -> None:
    """``assertRaisesRegex`` says what an assertion about ``exception`` said."""
    method = "import unittest\n\n\nclass MoneyTest(unittest.TestCase):\n    def test_it(self):\n        {}\n"
    before = "with self.assertRaises(ValueError) as e:\n            split(1, 0)\n        {}"
    after = "with self.assertRaisesRegex(ValueError, 'no'):\n            split(1, 0)"
    assert [] == rules(method.format(before.format("self.assertIn('no', str(e.exception))")), method.format(after))


@pytest.mark.parametrize(("name", "expected"), [("caught", []), ("other", ["assertion_looser"])])
def test_a_pattern_may_become_an_assertion(name: str, expected: list[str]) -> None:
    """A pattern that an assertion about the same exception says is not gone; another exception's does not count."""
    after = RAISES.format(f"assert 'no ways' in str({name}.value)")
    assert expected == rules(BODY.format(MATCHES.format("'no ways'")), BODY.format(after))


PATCHING = "def test_label(monkeypatch):\n    monkeypatch.setattr({}, lambda: 1)\n    assert label(2) == '2'\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("shop.money, 'fetch'", "shop.money, 'load'", []),
        ("'shop.money.fetch'", "'shop.money.load'", []),
        ("shop.money, 'fetch'", "shop.money, 'kept'", ["input_changed"]),
        ("shop.money, 'kept'", "shop.money, 'load'", ["input_changed"]),
    ],
)
def test_a_replacement_follows_a_name_that_moved(before: str, after: str, expected: list[str]) -> None:
    """What a test replaces may have a new name in the product; a name that stayed is another input."""
    product = "def {}():\n    pass\n\n\ndef kept():\n    pass\n"
    found = findings(
        {"shop/money.py": product.format("fetch"), "tests/test_a.py": PATCHING.format(before)},
        {"shop/money.py": product.format("load"), "tests/test_a.py": PATCHING.format(after)},
    )
    assert expected == [FindingRule(each["rule"]).label for each in found if each["rule"] != FindingRule.NAMES_MOVED]


@pytest.mark.parametrize(
    ("kept", "had", "expected"),
    [
        ("", "", []),
        ("fetch = None\n", "", ["input_changed"]),
        ("", "def fetch():\n    return 1\n", ["input_changed"]),
    ],
)
def test_a_replacement_follows_a_function_to_another_module(kept: str, had: str, expected: list[str]) -> None:
    """A function that went into another module is replaced there; where the old module still has it, or the other one
    had it before, nothing moved.
    """
    function = "def fetch():\n    pass\n"
    patched = PATCHING.format("'shop.money.fetch'")
    found = findings(
        {"shop/money.py": function, "shop/web.py": had, "tests/test_a.py": patched},
        {"shop/money.py": kept, "shop/web.py": function, "tests/test_a.py": PATCHING.format("'shop.web.fetch'")},
    )
    assert expected == [FindingRule(each["rule"]).label for each in found if each["rule"] != FindingRule.NAMES_MOVED]
