"""Methods of the product that compare: those that tell values apart, and those that do not."""

import pytest

from tests.unit.executor.syntax.looking import product_rules

FOUND = [("comparison_vacuous", "")]
EQUAL = "class Sum({}):\n    def {}(self, other):\n        {}\n"


@pytest.mark.parametrize(
    ("bases", "name", "body"),
    [
        ("int", "__eq__", "return True"),
        ("", "__eq__", "return True"),
        ("", "__eq__", "if other is None:\n            return True\n        return True"),
        ("", "__ne__", "return False"),
        ("", "__eq__", "return other == 10"),
        ("", "__eq__", "return str(other).isdigit()"),
        ("", "__eq__", "return self.amount > 0"),
        ("int", "__eq__", "return isinstance(other, int)"),
        ("int", "__eq__", "return abs(int(self) - int(other)) < 5"),
        ("float", "__eq__", "return math.isclose(self, other, abs_tol=9)"),
        ("Decimal", "__ne__", "return abs(self - other) > 5"),
        ("list", "__contains__", "return True"),
        ("", "__contains__", "return True"),
        ("list", "__contains__", "return False"),
        ("str", "__eq__", "return False"),
    ],
)
def test_a_comparison_that_tells_nothing_apart_is_found(bases: str, name: str, body: str) -> None:
    """A new method that is always true, looks at one of the values, or takes near numbers for equal is found."""
    after = EQUAL.format(bases, name, body)
    assert FOUND == product_rules("", after)
    assert [] == product_rules(after, f"{after}\n\nOTHER = 1\n")


@pytest.mark.parametrize(
    "source",
    [
        "class Sum:\n    __eq__ = lambda self, other: True\n",
        "class Sum:\n    pass\n\n\nSum.__eq__ = lambda self, other: True\n",
        "class Sum:\n    def __eq__(self, *others):\n        return True\n",
        "class Sum(list):\n    def __bool__(self):\n        return True\n",
        "def made():\n    class Sum(int):\n        def __eq__(self, other):\n            return True\n    return Sum\n",
    ],
)
def test_each_way_to_write_such_a_method_is_found(source: str) -> None:
    """A lambda, an assignment from outside, any parameters and a class within a function are looked at."""
    assert FOUND == product_rules("", source)


def test_a_comparison_that_becomes_a_constant_is_found() -> None:
    """An answer that was worked out and is a constant now says something else, whatever the answer is."""
    source = "class Sum:\n    def __bool__(self):\n        return {}\n"
    assert FOUND == product_rules(source.format("self.amount > 0"), source.format("True"))
    contains = "class Sum:\n    def __contains__(self, item):\n        return {}\n"
    assert FOUND == product_rules(contains.format("item in self.items"), contains.format("False"))


@pytest.mark.parametrize(
    "source",
    [
        EQUAL.format("", "__eq__", "return (self.amount, self.currency) == (other.amount, other.currency)"),
        EQUAL.format("", "__eq__", "if type(other) is not Sum: return False\n        return self.a == other.a"),
        EQUAL.format("", "__eq__", "return isinstance(other, Sum)"),
        EQUAL.format("", "__eq__", "return type(self) is type(other)"),
        EQUAL.format("", "__eq__", "return isinstance(other, self.__class__)"),
        EQUAL.format("", "__eq__", "return self is other"),
        EQUAL.format("", "__eq__", "return NotImplemented"),
        EQUAL.format("", "__eq__", "raise TypeError('compare amounts')"),
        EQUAL.format("", "__eq__", "return False"),
        EQUAL.format("", "__eq__", "return abs(self.x - other.x) < EPSILON"),
        EQUAL.format("", "__ne__", "return not self == other"),
        EQUAL.format("str", "__eq__", "return self.lower() == other.lower()"),
        EQUAL.format("dict", "__eq__", "return super().__eq__(other)"),
        EQUAL.format("", "__contains__", "return other in self.items"),
        EQUAL.format("", "__contains__", "return False"),
        "class Missing:\n    def __bool__(self):\n        return False\n",
        "class Query:\n    def __bool__(self):\n        return True\n",
        "class Sum:\n    def equals(self, other):\n        return True\n",
    ],
)
def test_an_ordinary_comparison_gives_no_finding(source: str) -> None:
    """Values, classes without a state, identity, near points and objects that are always false are ordinary."""
    assert [] == product_rules("", source)
