"""Honest edits of tests, in which a look finds nothing."""

import pytest

from tests.unit.executor.syntax.looking import IMPORTS, findings, product_rules, rules

FAIL, SUM = "pytest.fail('no')", "assert sum(parts) == 100"
TEST = "def test_split():\n    assert sum(split(100, 3)) == 100\n"


@pytest.mark.parametrize(
    "after",
    [
        "def test_split() -> None:\n    '''A sum.'''\n    assert (  # why\n        sum(split(100, 3)) == 100\n    )\n",
        "def test_split():\n    assert 100 == sum(split(100, 3))\n",
        "def test_split():\n    assert sum(split(100, 3)) == 100, 'a cent is lost'\n",
        "def test_split():\n    parts = split(100, 3)\n    assert sum(parts) == 100\n",
        "HUNDRED = 100\n\n\ndef test_split():\n    assert sum(split(HUNDRED, 3)) == HUNDRED\n",
        "def test_split():\n    parts: list = split(100, 3)\n    assert sum(parts) == 100\n    assert parts\n",
        "def test_split():\n    assert split(100, 3) == [34, 33, 33]\n",
        "def test_split():\n    assert sum(split(100, 3)) == 100 and len(split(100, 3)) == 3\n",
        "def test_split():\n    for ways in range(1, 30):\n        assert sum(split(100, ways)) == 100\n",
        "@pytest.mark.parametrize('ways', [1, 2, 3])\ndef test_split(ways):\n    assert sum(split(100, ways)) == 100\n",
        "@pytest.mark.slow\ndef test_split():\n    assert sum(split(100, 3)) == 100\n",
        "def check(parts):\n    assert sum(parts) == 100\n\n\ndef test_split():\n    check(split(100, 3))\n",
        "def test_split(tmp_path):\n    (tmp_path / 'a').write_text('x')\n    assert sum(split(100, 3)) == 100\n",
        "def test_split():\n    assert sum(split(100, 3)) == 100\n    with pytest.raises(KeyError):\n        split()\n",
        "def test_split_sums():\n    assert sum(split(100, 3)) == 100\n",
        "class TestSplit:\n    def test_split(self):\n        assert sum(split(100, 3)) == 100\n",
        f"{TEST}\n\ndef test_more():\n    assert True\n",
        f"{TEST}\n\nclass TestMore:\n    def test_split(self):\n        assert split(1, 1) == split(1, 1)\n",
        f"def test_it():\n    try:\n        parts = split(100, 3)\n    except KeyError:\n        {FAIL}\n    {SUM}\n",
        "def test_split():\n    shares = split(100, 3)\n    total_of = sum(shares)\n    assert total_of == 100\n",
    ],
)
def test_an_honest_edit_gives_no_finding(after: str) -> None:
    """Formatting, typing, renaming, stricter and added checks, loops and parameters weaken nothing."""
    assert [] == rules(TEST, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert split(100, 3)", "assert split(100, 3) == [34, 33, 33]"),
        ("assert 34 in split(100, 3)", "assert split(100, 3) == [34, 33, 33]"),
        ("assert sum(split(100, 3)) >= 99", "assert sum(split(100, 3)) >= 100"),
        ("assert total([0.1]) == pytest.approx(0.1, abs=0.1)", "assert total([0.1]) == pytest.approx(0.1, abs=0.01)"),
        ("assert total([0.1]) == pytest.approx(0.1)", "assert total([0.1]) == 0.1"),
        ("assert not total([]) == 1", "assert total([]) != 1"),
        ("assert total([]) > -1", "assert -1 < total([])"),
        ("assert total([]) is not None", "assert total([]) == 0"),
        ("with pytest.raises(Exception):\n        split(1, 0)", "with pytest.raises(ValueError):\n        split(1, 0)"),
        (
            "with pytest.raises(ValueError):\n        split(1, 0)",
            "with pytest.raises(ValueError, match='x'):\n        split(1, 0)",
        ),
        ("assert True", "assert total([]) == 0"),
        ("assert (total([]) == 0) == True", "assert total([]) == 0"),
        ("assert (total([]) == 0) is True", "assert total([]) == 0"),
        ("assert True is (total([]) == 0)", "assert total([]) == 0"),
        ("assert (total([]) == 0) != False", "assert total([]) == 0"),
        ("assert (total([]) == 0) == False", "assert total([]) != 0"),
        ("assert (total([]) == 0) is not True", "assert total([]) != 0"),
        ("assert bool(total([]) == 0)", "assert total([]) == 0"),
        ("assert isinstance(total([]), int) is True", "assert isinstance(total([]), int)"),
        ("assert (1 in split(2, 2)) == True", "assert 1 in split(2, 2)"),
        ("assert (not total([])) is True", "assert not total([])"),
        ("assert str(total([])).startswith('0') == True", "assert str(total([])).startswith('0')"),
        ("assert (total([1]) == total([1])) == True", "assert total([1]) == total([1])"),
        ("total([])", "assert total([]) == 0"),
    ],
)
def test_a_stricter_assertion_gives_no_finding(before: str, after: str) -> None:
    """What checks more than before is no finding."""
    assert [] == rules(f"def test_it():\n    {before}\n", f"def test_it():\n    {after}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[1, 2, 3]", "[1, 2, 3, 4]"),
        ("[1, 2, 3]", "(3, 2, 1)"),
        ("[1, 2]", "[1, 2], ids=['one', 'two']"),
        ("[1, 2]", "[pytest.param(1, id='one'), pytest.param(2, id='two')]"),
        ("[1, 2]", "WAYS"),
    ],
)
def test_parameters_written_anew_give_no_finding(before: str, after: str) -> None:
    """Added, reordered and named parameters weaken nothing, and what is written elsewhere is left alone."""
    source = "@pytest.mark.parametrize('ways', {})\ndef test_split(ways):\n    assert sum(split(100, ways)) == 100\n"
    assert [] == rules(source.format(before), source.format(after))


def test_tests_of_unittest_become_functions() -> None:
    """A TestCase that becomes functions says the same."""
    method = "    def test_split(self):\n        self.assertEqual(100, sum(split(100, 3)))\n"
    before = f"import unittest\n\n\nclass MoneyTest(unittest.TestCase):\n{method}"
    assert [] == rules(before, "def test_split():\n    assert 100 == sum(split(100, 3))\n")


def test_tests_become_one_with_parameters() -> None:
    """Three tests that become one with parameters are removals, which the matrix judges, and no findings."""
    three = "".join(f"def test_split_{ways}():\n    assert sum(split(100, {ways})) == 100\n\n\n" for ways in (1, 2, 3))
    one = (
        "@pytest.mark.parametrize('ways', [1, 2, 3])\ndef test_split(ways):\n    assert sum(split(100, ways)) == 100\n"
    )
    assert [] == rules(three, one)


def test_a_test_that_goes_gives_no_finding() -> None:
    """A test that is gone is told by the matrix."""
    assert [] == rules(f"{TEST}\n\ndef test_total():\n    assert total([1]) == 1\n", TEST)


def test_test_helpers_that_stay_give_no_finding() -> None:
    """A conftest.py with a new fixture weakens nothing."""
    fixture = "import pytest\n\n\n@pytest.fixture\ndef ways():\n    yield 3\n"
    assert [] == findings({"tests/conftest.py": "import pytest\n"}, {"tests/conftest.py": fixture})
    assert [] == findings({}, {"tests/test_new.py": IMPORTS + TEST})


@pytest.mark.parametrize(
    "product",
    [
        "def describe(code):\n    if code == 0:\n        return 'none'\n    return str(code)\n",
        "def describe(code):\n    if code < 0:\n        raise ValueError(code)\n    return str(code)\n",
        "import sys\n\n\ndef caller():\n    return sys._getframe(1).f_globals\n",
        "import inspect\n\n\ndef caller():\n    '''Used by tests.'''\n    return inspect.stack()[1].function\n",
        "import sys\n\n\ndef loaded(name):\n    return name in sys.modules\n",
        "'''Set PYTEST_CURRENT_TEST to see more.'''\n\n\ndef describe(code):\n    return str(code)\n",
        "import os\n\nDEBUG = os.environ.get('DEBUG') == 'test'\n",
    ],
)
def test_ordinary_product_code_gives_no_finding(product: str) -> None:
    """Ordinary branches, and code that looks at frames or modules for other reasons, are no findings."""
    test = "from shop.money import describe\n\n\ndef test_describe():\n    assert describe(0) == 'none'\n"
    assert [] == product_rules("def describe(code):\n    return str(code)\n", product, test)
