"""Expressions that are hard to write or to compare."""

import pytest

from tests.unit.executor.syntax.looking import rules


@pytest.mark.parametrize(
    "text",
    [
        "f'{LINES}'",
        "f'{LINES[0]!r:>{WIDTH}}'",
        "f'{MESSAGE}: {total([1])}'",
        "f'{total([1]) + len(MESSAGE)}'",
        "f'{joined}'",
    ],
)
def test_a_text_that_python_cannot_write_is_compared(text: str) -> None:
    """Constants with backslashes within an f-string do not keep a test from being compared."""
    constants = "MESSAGE = r'\\d'\nLINES = ['a\\r', 'b']\nWIDTH = 9\n\n\n"
    head = f"{constants}def test_text(label):\n    joined = '\\r'.join(LINES)\n"
    source = f"{head}    assert label({text}) == {text}\n    assert "
    assert [] == rules(f"{source}label == 1\n", f"{source}label == 1 and label\n")
    assert ["assertion_looser"] == rules(f"{source}label == 1\n", f"{source}label\n")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("label == f'{NAME} x'", "label == 'a x'", []),
        ("label == f'{NAME}'", "label == 'a'", []),
        ("label == f'{NUMBER}%'", "label == '3%'", []),
        ("label == f'{NAME!r}'", "label == \"'a'\"", []),
        ("label == f'{NUMBER}%'", "label == '4%'", ["expectation_changed"]),
    ],
)
def test_a_constant_in_a_text_is_part_of_it(before: str, after: str, expected: list[str]) -> None:
    """An f-string with constants is the text that it makes."""
    source = "NAME = 'a'\nNUMBER = 3\n\n\ndef test_text(label):\n    assert {}\n"
    assert expected == rules(source.format(before), source.format(after))


@pytest.mark.parametrize("says", ["== True", "is True", "!= False"])
def test_a_truth_value_of_anything_says_more_than_the_thing(says: str) -> None:
    """What is equal to True is not just true: that an assertion is looser without it warns."""
    test = "def test_split():\n    assert split(1, 1) {}\n"
    assert {"assertion_looser"} >= set(rules(test.format(says), test.format("")))
    assert ["assertion_looser"] == rules(test.format("== True"), test.format(""))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("frozenset([1]) == frozenset([1, 1])", "frozenset([1]) == frozenset([1])"),
        ("Money(1) == Money(2 - 1)", "Money(1) == Money(1)"),
        ("Money.of(1) == Money(1)", "Money.of(1) == Money.of(1)"),
        ("hash(Money(1)) == hash(Money(1, 'EUR'))", "hash(Money(1)) == hash(Money(1))"),
        ("Money(1).cents == 100", "Money(1) == Money(1)"),
    ],
)
def test_how_two_new_values_compare_is_no_empty_assertion(before: str, after: str) -> None:
    """Two values that are each made anew are equal only if their class says so: that warns at most."""
    test = "def test_it():\n    assert {}\n"
    assert {"assertion_looser"} >= set(rules(test.format(before), test.format(after)))


def test_what_is_computed_and_compared_with_itself_is_empty() -> None:
    """A value that is made of what the product answers is compared with itself for nothing."""
    test = "def test_it():\n    assert list(split(100, 3)) == {}\n"
    assert ["assertion_vacuous"] == rules(test.format("[34, 33, 33]"), test.format("list(split(100, 3))"))
