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
FIXED = (
    "\n\n@pytest.fixture\ndef result():\n    return total([1, 2])\n\n\ndef test_it(result):\n    assert result == 3\n"
)
HELD = (
    "\n\nclass TestIt:\n    def result(self):\n        return total([1, 2])\n\n"
    "    def test_it(self):\n        assert self.result() == 3\n"
)
WITHIN = "\n\nif True:\n    def test_it():\n        assert total([1, 2]) == 3\n"
MADE = "\n\ntest_it = make_test(total, 3)\n"
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
    """It is found where anything besides tests changed, and not where only tests did."""
    assert expected == found({"calc.py": BASE}, {"calc.py": WRONG.replace(old, new)}, ["calc.py"])
    assert [] == found({"calc.py": BASE}, {"calc.py": BASE.replace(old, new)}, ["calc.py"])


SUBJECTS = {
    "constant": ("RATES = (1, 2)\narea = lambda n: n * RATES[1]\n", "RATES = (1, 5)\narea = lambda n: n * RATES[1]\n"),
    "lambda": ("area = lambda n: n * n\n", "area = lambda n: n + n\n"),
    "instance": (
        "class Square:\n    def area(self, n):\n        return n * n\n\narea = Square().area\n",
        "class Square:\n    def area(self, n):\n        return n + n\n\narea = Square().area\n",
    ),
    "in_try": (
        "try:\n    import none\nexcept ImportError:\n    def area(n):\n        return n * n\n",
        "try:\n    import none\nexcept ImportError:\n    def area(n):\n        return n + n\n",
    ),
    "in_if": ("if True:\n    def area(n): return n * n\n", "if True:\n    def area(n): return n + n\n"),
    "beside_the_tree": (
        "from shop import PI\n\ndef area(n):\n    return n * n * PI\n",
        "from shop import PI\n\ndef area(n):\n    return n + n * PI\n",
    ),
    "other_import": (
        "from shop import PI\n\ndef area(n):\n    return n * n * PI\n",
        "from shop import TAU as PI\n\ndef area(n):\n    return n * n * PI\n",
    ),
    "inner_import": (
        "def area(n):\n    from shop import one\n    return one(n)\n",
        "def area(n):\n    from shop import two as one\n    return one(n)\n",
    ),
    "gone": ("def area(n):\n    return n * n\n", "from shop import area\n"),
    "called_like_a_test": (
        "class Tester:\n    area = 9\n\narea = Tester\n",
        "class Tester:\n    area = 6\n\narea = Tester\n",
    ),
    "docstring_that_is_read": (
        "def area(n):\n    '9'\n    return area.__doc__\n",
        "def area(n):\n    '6'\n    return area.__doc__\n",
    ),
}
FIXTURE = "\n@pytest.fixture\ndef result():\n    return area(3)\n"
USING = {
    "itself": "\ndef test_area():\n    assert area(3) == 9\n",
    "fixture": FIXTURE + "\ndef test_area(result):\n    assert result == 9\n",
    "set_up": (
        "\nclass AreaTest(unittest.TestCase):\n    def setUp(self):\n        self.result = area(3)\n\n"
        "    def test_area(self):\n        assert self.result == 9\n"
    ),
}


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("using", USING)
def test_a_subject_may_be_anything(subject: str, using: str) -> None:
    """However the subject is defined and reached, a weaker test beside a change of it is found."""
    before, after = SUBJECTS[subject]
    test, weaker = USING[using], USING[using].replace("== 9", "> 5")
    name = "calc.py::AreaTest::test_area" if using == "set_up" else "calc.py::test_area"
    assert [name] == found({"calc.py": before + test}, {"calc.py": after + weaker}, ["calc.py"])
    assert [] == found({"calc.py": before + test}, {"calc.py": before + weaker}, ["calc.py"])
    assert [] == found({"calc.py": before + test}, {"calc.py": after + test}, ["calc.py"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("import pytest", "import pytest, json"), []),
        (('"What it is."', '"What else."'), []),
        (("    def setUp(self): pass", "    def setUp(self): self.n = 1"), []),
        (("class TestA", "def test_new():\n    assert area(1) == 1\n\nclass TestA"), []),
        (("return n * n", "return n ** 2"), ["calc.py::test_area"]),
        (("def area(n)", "def area(n, m=1)"), ["calc.py::test_area"]),
    ],
)
def test_tests_and_imports_and_docstrings_are_no_subject(change: tuple[str, str], expected: list[str]) -> None:
    """A weaker test is nobody's subject where nothing besides these changed."""
    before = (
        'import pytest\n\ndef area(n):\n    "What it is."\n    return n * n\n\n'
        "class TestA:\n    def setUp(self): pass\n\n    def test_it(self): assert area(2) == 4\n\n"
        "def test_area():\n    assert area(3) == 9\n"
    )
    after = before.replace(*change).replace("== 9", "> 5")
    assert expected == found({"calc.py": before}, {"calc.py": after}, ["calc.py"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def same(a, b):\n    assert a == b\n\ndef test_area():\n    same(area(3), 9)\n",
            "def same(a, b):\n    assert a <= b\n\ndef test_area():\n    same(area(3), 9)\n",
        ),
        (
            "TABLE = {1: 1, 3: 9}\n\ndef test_area():\n    for n, m in TABLE.items():\n        assert area(n) == m\n",
            "TABLE = {2: 4}\n\ndef test_area():\n    for n, m in TABLE.items():\n        assert area(n) == m\n",
        ),
    ],
    ids=["helper", "table"],
)
def test_what_is_weaker_for_all_tests_of_a_module_is_found_once(before: str, after: str) -> None:
    """A weaker helper or table of cases is of no single test, so the finding is about the file."""
    old, new = SUBJECTS["lambda"]
    assert [""] == found({"calc.py": old + before}, {"calc.py": new + after}, ["calc.py"])
    assert [] == found({"calc.py": old + before}, {"calc.py": old + after}, ["calc.py"])
    assert [] == found({"calc.py": old + before}, {"calc.py": new + before}, ["calc.py"])


RENAMED = BASE.replace("total", "sum_of").replace("test_sum_of", "test_total")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (RENAMED, []),
        (RENAMED.replace("[1, 2]) == 3", "[1, 2]) > 2"), ["calc.py::test_total"]),
        (RENAMED.replace("return sum(items)", "return sum(items) + 1"), ["calc.py::test_total"]),
        (
            RENAMED.replace("return sum(items)", "return sum(items) + 1").replace("assert sum_of", "assert right")
            + "\n\ndef right(items):\n    return sum(items)\n",
            ["calc.py::test_total"],
        ),
    ],
    ids=["only_renamed", "weaker", "changed", "right_copy"],
)
def test_a_test_that_follows_a_new_name_is_found_unless_all_is_the_same(after: str, expected: list[str]) -> None:
    """A test of what has another name now may check anything, so that only a mere new name is not asked about."""
    assert expected == found({"calc.py": BASE}, {"calc.py": after}, ["calc.py"])


def test_a_test_of_another_module_may_follow_a_new_name() -> None:
    """Where all of the module is the same under other names, nothing is found elsewhere."""
    other = "from calc import total\n\n\ndef test_it():\n    assert total([2]) == 2\n"
    files = {"calc.py": BASE, "tests/test_it.py": other}
    follows = other.replace("total", "sum_of")
    assert [] == found(files, {"calc.py": RENAMED, "tests/test_it.py": follows}, ["calc.py", "tests/test_it.py"])


def test_a_method_of_checks_beside_a_method_of_product_is_no_part_of_it() -> None:
    """The members of a class are told apart: one of them may be the subject of what another one checks."""
    before = (
        "class Tools:\n    def area(self, n):\n        return n * n\n\n    def same(self, a, b):\n"
        "        assert a == b\n\n"
        "def test_area():\n    Tools().same(Tools().area(3), 9)\n"
    )
    weaker = before.replace("a == b", "a <= b")
    assert [] == found({"calc.py": before}, {"calc.py": weaker}, ["calc.py"])
    assert [""] == found({"calc.py": before}, {"calc.py": weaker.replace("n * n", "n + n")}, ["calc.py"])


@pytest.mark.parametrize(
    "imports",
    [
        "from calc import total",
        "from .calc import *",
        "total = import_module('shop.calc').total",
        "from shop import total",
    ],
)
def test_a_subject_may_be_reached_in_any_way(imports: str) -> None:
    """While a subject in a module of tests changed, each weaker test is found, whatever it imports."""
    other = f"{imports}\n\n\ndef test_it():\n    assert total([2]) == 2\n"
    files = {"calc.py": BASE, "tests/test_it.py": other}
    after = {"calc.py": WRONG, "tests/test_it.py": other.replace("== 2", "== 3")}
    assert ["tests/test_it.py::test_it"] == found(files, after, ["calc.py", "tests/test_it.py"])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("    assert total([]) == 0\n", []),
        ("    assert (total := len)\n", ["calc.py::test_mean"]),
        ("    total([])\n", ["calc.py::test_mean"]),
    ],
)
def test_a_test_that_only_checks_more_is_not_found(more: str, expected: list[str]) -> None:
    """It still says all that it said."""
    assert expected == found({"calc.py": BASE}, {"calc.py": WRONG + more}, ["calc.py"])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("assert total([1, 2]) == 3", "total = lambda items: 3\n    assert total([1, 2]) == 3", "test_total"),
        ("assert total([1, 2]) == 3", "assert sum((1, 2)) == 3", "test_total"),
        (
            "def test_total():\n    assert total(",
            "def right(items): return 3\n\ndef test_total():\n    assert right(",
            "test_total",
        ),
        ("def test_total():", "@pytest.mark.skipif(True, reason='')\ndef test_total():", "test_total"),
        (FIXED, FIXED.replace("total([1, 2])", "3"), ""),
        (HELD, HELD.replace("return total([1, 2])", "return 3"), ""),
        (HELD, HELD.replace("== 3", "> 0"), "TestIt::test_it"),
        (WITHIN, WITHIN.replace("== 3", "== 4"), ""),
        (MADE, MADE.replace("3", "4"), ""),
    ],
)
def test_a_test_that_leaves_its_subject_is_found(before: str, after: str, expected: str) -> None:
    """However a test, its fixture or its class was edited beside a changed subject, nobody knows what it checked."""
    base = BASE if before in BASE else BASE + before
    name = f"calc.py::{expected}" if expected else ""
    assert [name] == found(
        {"calc.py": base}, {"calc.py": base.replace(before, after).replace("sum(items)", "1")}, ["calc.py"]
    )


@pytest.mark.parametrize(
    "path", ["tests/calc.py", "test_calc.py", "calc_test.py", "shop/testing/calc.py", "app/tests.py", "calc_spec.py"]
)
def test_a_helper_of_tests_is_no_subject(path: str) -> None:
    """What changes in a module of tests alone is a helper."""
    assert [] == found({path: BASE}, {path: WRONG.replace("== 3", "== 4")}, [path])
