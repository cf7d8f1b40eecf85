"""Tests that live on under another name are known again, and weaker ones are not."""

from textwrap import dedent

import pytest

from tests.unit.executor.syntax.scenes import moved, rewritten

SHOP = {"shop/__init__.py": "", "shop/money.py": "def split(a, n): ...\ndef total(a): ...\n"}
SPLIT = "from shop.money import split\n"
BODY = "def test_sum():\n    assert sum(split(100, 3)) == 100\n"
OLD = "tests/test_money.py::test_sum"

MOVES = {
    "renamed": (SPLIT + BODY, {"test_money": SPLIT + BODY.replace("test_sum", "test_all")}, "test_money.py::test_all"),
    "moved": (SPLIT + BODY, {"test_split": SPLIT + BODY}, "test_split.py::test_sum"),
    "moved_to_folder": (SPLIT + BODY, {"unit/test_split": SPLIT + BODY}, "unit/test_split.py::test_sum"),
    "other_import": (
        SPLIT + BODY,
        {"test_split": "import shop.money as cash\n" + BODY.replace("split(", "cash.split(")},
        "test_split.py::test_sum",
    ),
    "whole_import": (
        SPLIT + BODY,
        {"test_split": "import shop.money\n" + BODY.replace("split(", "shop.money.split(")},
        "test_split.py::test_sum",
    ),
    "docstring_and_annotation": (
        SPLIT + BODY,
        {"test_money": SPLIT + 'def test_all() -> None:\n    """Keeps all."""\n    assert sum(split(100, 3)) == 100\n'},
        "test_money.py::test_all",
    ),
    "into_class": (
        SPLIT + BODY,
        {"test_money": SPLIT + "class TestSplit:\n    def test_sum(self):\n        assert sum(split(100, 3)) == 100\n"},
        "test_money.py::TestSplit::test_sum",
    ),
    "with_its_helper": (
        SPLIT
        + "WAYS = 3\ndef parts():\n    return split(100, WAYS)\ndef test_sum():\n    assert sum(parts()) == 100\n",
        {
            "test_split": "import os\n"
            + SPLIT
            + "WAYS = 3\n\ndef parts():\n    return split(100, WAYS)\ndef test_sum():\n    assert sum(parts()) == 100\n"
        },
        "test_split.py::test_sum",
    ),
    "with_its_fixture": (
        SPLIT
        + "import pytest\n@pytest.fixture\ndef ways(): return 3\ndef test_sum(ways):\n    assert split(9, ways)\n",
        {
            "test_split": "from pytest import fixture\n"
            + SPLIT
            + "@fixture\ndef ways(): return 3\ndef test_all(ways):\n    assert split(9, ways)\n"
        },
        "test_split.py::test_all",
    ),
    "with_its_marks": (
        "import pytest\npytestmark = pytest.mark.slow\n" + SPLIT + BODY,
        {"test_split": "import pytest\npytestmark = pytest.mark.slow\n" + SPLIT + BODY},
        "test_split.py::test_sum",
    ),
    "with_parameters_of_elsewhere": (
        SPLIT + "import pytest\n@pytest.mark.parametrize('n', WAYS)\ndef test_sum(n):\n    assert split(9, n)\n",
        {
            "test_split": "import pytest\n"
            + SPLIT
            + "@pytest.mark.parametrize('n', WAYS)\ndef test_sum(n):\n    assert split(9, n)\n"
        },
        "test_split.py::test_sum",
    ),
    "beside_a_script": (
        SPLIT + BODY,
        {"test_split": SPLIT + BODY + "if __name__ == '__main__':\n    test_sum()\n"},
        "test_split.py::test_sum",
    ),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_test_that_says_the_same_is_known_again(name: str) -> None:
    """Name, file, class, docstring, and how a thing was imported do not matter."""
    before, after, new = MOVES[name]
    found = moved(
        {**SHOP, "tests/test_money.py": before}, {**SHOP, **{f"tests/{path}.py": text for path, text in after.items()}}
    )
    assert {OLD: f"tests/{new}"} == found


def test_a_method_that_becomes_a_function_is_known_again() -> None:
    """The parameter for the object itself is not part of what is compared."""
    before = SPLIT + "class TestSplit:\n    def test_sum(self):\n        assert split(1, 1)\n"
    after = SPLIT + "def test_sum():\n    assert split(1, 1)\n"
    found = moved({**SHOP, "tests/test_money.py": before}, {**SHOP, "tests/test_money.py": after})
    assert {"tests/test_money.py::TestSplit::test_sum": OLD} == found


@pytest.mark.parametrize(
    ("call", "statement"),
    [
        ("self.assertEqual([1], split(1, 1))", "assert [1] == split(1, 1)"),
        ("self.assertEqual([1], split(1, 1), 'one')", "assert [1] == split(1, 1), 'one'"),
        ("self.assertNotEqual([2], split(1, 1))", "assert [2] != split(1, 1)"),
        ("self.assertTrue(split(1, 1))", "assert split(1, 1)"),
        ("self.assertFalse(split(0, 1))", "assert not split(0, 1)"),
        ("self.assertIsNone(split(0, 1))", "assert split(0, 1) is None"),
        ("self.assertIn(1, split(1, 1))", "assert 1 in split(1, 1)"),
        ("self.assertIsInstance(split(1, 1), list)", "assert isinstance(split(1, 1), list)"),
        ("self.assertLess(len(split(1, 1)), 2)", "assert len(split(1, 1)) < 2"),
        ("with self.assertRaises(ValueError): split(1, 0)", "with pytest.raises(ValueError): split(1, 0)"),
    ],
)
def test_an_assertion_of_unittest_is_the_statement_that_says_the_same(call: str, statement: str) -> None:
    """A test case that becomes functions keeps its tests, where each assertion has one plain form."""
    before = f"import unittest\n{SPLIT}class SplitTest(unittest.TestCase):\n    def test_it(self):\n        {call}\n"
    after = f"import pytest\n{SPLIT}def test_it():\n    {statement}\n"
    found = moved({**SHOP, "tests/test_money.py": before}, {**SHOP, "tests/test_money.py": after})
    assert {"tests/test_money.py::SplitTest::test_it": "tests/test_money.py::test_it"} == found


@pytest.mark.parametrize(
    ("call", "statement"),
    [
        ("self.assertEqual([1], split(1, 1))", "assert [2] == split(1, 1)"),
        ("self.assertEqual([1], split(1, 1))", "assert split(1, 1)"),
        ("self.assertTrue(split(1, 1))", "assert not split(1, 1)"),
        ("self.assertAlmostEqual(1, split(1, 1)[0])", "assert 1 == split(1, 1)[0]"),
        ("with self.subTest(): self.assertTrue(split(1, 1))", "assert split(1, 1)"),
        ("with self.assertRaises(ValueError): split(1, 0)", "with pytest.raises(Exception): split(1, 0)"),
    ],
)
def test_an_assertion_of_unittest_that_says_less_is_another(call: str, statement: str) -> None:
    """What has no plain form, or another one, is not known again."""
    before = f"import unittest\n{SPLIT}class SplitTest(unittest.TestCase):\n    def test_it(self):\n        {call}\n"
    after = f"import pytest\n{SPLIT}def test_it():\n    {statement}\n"
    assert {} == moved({**SHOP, "tests/test_money.py": before}, {**SHOP, "tests/test_money.py": after})


FIXTURE = "import pytest\n@pytest.fixture\ndef ways(): return 3\ndef test_sum(ways):\n    assert split(9, ways)\n"
HELPER = "def check(parts):\n    assert sum(parts) == 9\ndef test_sum():\n    check(split(9, 3))\n"
CONSTANT = "WANTED = [3, 3, 3]\ndef test_sum():\n    assert split(9, 3) == WANTED\n"
CASES = (
    "import pytest\nCASES = [(9, 3), (8, 2)]\n@pytest.mark.parametrize('a, n', CASES)\n"
    "def test_sum(a, n):\n    assert sum(split(a, n)) == a\n"
)
PATCHED = "def fake(*_): return [100]\n"
AUTOUSE = "import pytest\n@pytest.fixture(autouse=True)\ndef patched(): ...\n"
BESIDE = (
    "from pathlib import Path\nDATA = Path(__file__).with_suffix('.txt')\n"
    "def test_sum():\n    assert DATA.read_text()\n"
)
METHOD = "    def test_sum(self):\n        assert sum(split(100, 3)) == 100\n"

CHEATS = {
    "assertion_changed": (BODY, BODY.replace("== 100", ">= 0")),
    "assertion_gone": (BODY.replace("\n    ", "\n    assert split(1, 1)\n    "), BODY),
    "weaker_helper": (HELPER, HELPER.replace("assert sum(parts) == 9", "pass")),
    "weaker_helper_of_a_helper": (
        "def nine(a): return a == 9\n" + HELPER.replace("sum(parts) == 9", "nine(sum(parts))"),
        "def nine(a): return True\n" + HELPER.replace("sum(parts) == 9", "nine(sum(parts))"),
    ),
    "other_fixture": (FIXTURE, FIXTURE.replace("return 3", "return 1")),
    "fixture_for_one_of_elsewhere": (FIXTURE[FIXTURE.index("def test_") :], FIXTURE),
    "fixture_called_otherwise": (
        FIXTURE[FIXTURE.index("def test_") :],
        FIXTURE.replace("fixture\ndef ways", "fixture(name='ways')\ndef other"),
    ),
    "other_constant": (CONSTANT, CONSTANT.replace("[3, 3, 3]", "[9]")),
    "constant_changed_by_a_call": (CONSTANT, CONSTANT.replace("def test", "WANTED.clear()\ndef test")),
    "constant_set_twice": (CONSTANT, CONSTANT.replace("def test", "WANTED = [9]\ndef test")),
    "constant_set_by_a_function": (CONSTANT, CONSTANT + "def other():\n    global WANTED\n    WANTED = [9]\n"),
    "cases_changed": (CASES, CASES.replace("[(9, 3), (8, 2)]", "[(9, 1), (8, 1)]")),
    "decorator_added": (BODY, "import pytest\n@pytest.mark.xfail\n" + BODY),
    "decorator_that_swallows": (BODY, "from tests.swallow import swallow\n@swallow\n" + BODY),
    "module_mark": (BODY, "import pytest\npytestmark = pytest.mark.skip\n" + BODY),
    "imported_module_mark": (BODY, "from tests.marks import pytestmark\n" + BODY),
    "module_mark_in_a_condition": (BODY, "import pytest\nif True:\n    pytestmark = pytest.mark.skip\n" + BODY),
    "setup_of_the_module": (BODY, "def setup_module(): ...\n" + BODY),
    "setup_of_functions": (BODY, "def setup_function(): ...\n" + BODY),
    "unasked_fixture": (BODY, AUTOUSE + BODY),
    "unasked_fixture_by_another_name": (
        BODY,
        "import pytest\nauto = pytest.fixture(autouse=True)\n@auto\ndef patched(): ...\n" + BODY,
    ),
    "unasked_fixture_by_unpacking": (
        BODY,
        "import pytest\nHOW = {'auto' + 'use': True}\n@pytest.fixture(**HOW)\ndef patched(): ...\n" + BODY,
    ),
    "hook_in_the_module": (BODY, "def pytest_generate_tests(metafunc): ...\n" + BODY),
    "product_patched": (BODY, "import shop.money\nshop.money.split = lambda *_: [100]\n" + BODY),
    "name_shadowed": (BODY, PATCHED + "split = fake\n" + BODY),
    "builtin_shadowed": (BODY, BODY + "def sum(_): return 100\n"),
    "all_names_of_elsewhere": (BODY, "from tests.easier import *\n" + BODY),
    "class_with_setup_method": (BODY, "class TestIt:\n    def setup_method(self): ...\n" + METHOD),
    "class_with_unasked_fixture": (
        BODY,
        "import pytest\nclass TestIt:\n    @pytest.fixture(autouse=True)\n    def patched(self): ...\n" + METHOD,
    ),
    "class_with_mark": (BODY, "import pytest\n@pytest.mark.xfail\nclass TestIt:\n" + METHOD),
    "class_with_pytestmark": (
        BODY,
        "import pytest\nclass TestIt:\n    pytestmark = pytest.mark.xfail\n" + METHOD,
    ),
    "class_with_base": (BODY, "from tests.bases import Base\nclass TestIt(Base):\n" + METHOD),
    "class_with_setup_of_unittest": (
        BODY,
        "import unittest\nclass TestIt(unittest.TestCase):\n    def setUp(self): ...\n" + METHOD,
    ),
    "class_that_is_no_test": (BODY, "class TestIt:\n    __test__ = False\n" + METHOD),
    "asynchronous": (BODY, BODY.replace("def test", "async def test")),
    "returns_early": (BODY, BODY.replace("    assert", "    return\n    assert")),
    "argument_with_default": (BODY, BODY.replace("test_sum()", "test_sum(split=lambda *_: [100])")),
    "redefined": (BODY, BODY + BODY.replace("== 100", ">= 0")),
    "data_beside_the_file": (BESIDE,) * 2,
    "snapshot": ("def test_sum(snapshot):\n    assert snapshot == split(1, 1)\n",) * 2,
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_moved_test_that_says_or_meets_something_else_is_not_known_again(name: str) -> None:
    """Whatever could make a test of the same body weaker in its new place makes it another test."""
    before, after = CHEATS[name]
    trees = {**SHOP, "tests/test_money.py": SPLIT + before}, {**SHOP, "tests/test_split.py": SPLIT + after}
    assert {} == moved(*trees)
    assert {} == rewritten(*trees)


def test_a_conftest_of_the_new_folder_may_give_another_fixture() -> None:
    """A fixture that comes from elsewhere in the new folder makes it another test, one that comes along does not."""
    source = SPLIT + "def test_sum(ways):\n    assert split(9, ways)\n"
    fixture = "import pytest\n@pytest.fixture\ndef ways(): return {}\n"
    before = {**SHOP, "tests/conftest.py": fixture.format(3), "tests/test_money.py": source}
    after = {**SHOP, "tests/conftest.py": fixture.format(3), "tests/unit/test_split.py": source}
    assert {OLD: "tests/unit/test_split.py::test_sum"} == moved(before, after)
    easier = {"tests/unit/conftest.py": fixture.format(1)}
    assert {} == moved({**before, **easier}, {**after, **easier})


def test_a_conftest_of_the_new_folder_may_act_on_its_tests() -> None:
    """A conftest that does something to tests which do not ask makes it another test; one of fixtures does not."""
    before, after = {**SHOP, "tests/test_money.py": SPLIT + BODY}, {**SHOP, "tests/unit/test_money.py": SPLIT + BODY}
    acting = {"tests/unit/conftest.py": AUTOUSE}
    harmless = {"tests/unit/conftest.py": "import pytest\n@pytest.fixture\ndef other(): ...\n"}
    assert {} == moved({**before, **acting}, {**after, **acting})
    assert {OLD: "tests/unit/test_money.py::test_sum"} == moved({**before, **harmless}, {**after, **harmless})


@pytest.mark.parametrize("shadow", ["tests/unit/shop/money.py", "tests/unit/shop.py"])
def test_an_import_may_mean_another_file_in_the_new_folder(shadow: str) -> None:
    """A module of the same name beside the new file is not the one that the old file imported."""
    before, after = {**SHOP, "tests/test_money.py": SPLIT + BODY}, {**SHOP, "tests/unit/test_money.py": SPLIT + BODY}
    assert {} == moved({**before, shadow: ""}, {**after, shadow: ""})


def test_a_relative_import_means_the_same_file_or_another_test() -> None:
    """``from .support`` in another folder is another file, ``from ..support`` is the same one again."""
    source = "from {}support import check\ndef test_sum():\n    check()\n"
    before = {"tests/support.py": "", "tests/test_money.py": source.format(".")}
    assert {} == moved(before, {"tests/support.py": "", "tests/unit/test_money.py": source.format(".")})
    after = {"tests/support.py": "", "tests/unit/test_money.py": source.format("..")}
    assert {OLD: "tests/unit/test_money.py::test_sum"} == moved(before, after)


def test_an_import_may_bring_a_fixture_that_acts_by_itself() -> None:
    """A module of a package in which a file has such a fixture makes it another test; one of the product does not."""
    support = {
        "tests/__init__.py": "",
        "tests/_acting.py": AUTOUSE,
        "tests/support.py": "from tests._acting import *\n",
    }
    before = {**SHOP, **support, "tests/test_money.py": SPLIT + BODY}
    after = {**SHOP, **support, "tests/test_split.py": "from tests.support import patched\n" + SPLIT + BODY}
    assert {} == moved(before, after)
    assert {OLD: "tests/test_split.py::test_sum"} == moved(
        before, {**SHOP, **support, "tests/test_split.py": "from shop.money import total\n" + SPLIT + BODY}
    )


@pytest.mark.parametrize("module", ["tests.support", "support"])
def test_a_helper_that_the_change_edits_makes_it_another_test(module: str) -> None:
    """A test that moves is not known again while the file of its helpers changes, wherever that is imported from."""
    source = f"from {module} import check\ndef test_sum():\n    check()\n"
    before = {"tests/support.py": "def check(): assert 0\n", "tests/test_money.py": source}
    after = {"tests/support.py": "def check(): pass\n", "tests/test_split.py": source}
    assert {} == moved(before, after)
    assert {OLD: "tests/test_split.py::test_sum"} == moved(
        before, after | {"tests/support.py": before["tests/support.py"]}
    )


@pytest.mark.parametrize(
    "package", ["import pytest\npytestmark = pytest.mark.usefixtures('patched')\n", "def setup_module(): ...\n"]
)
def test_a_package_may_act_on_its_tests(package: str) -> None:
    """Marks and setup functions of a package are for the tests below it; what else is in it is not."""
    before, after = {**SHOP, "tests/test_money.py": SPLIT + BODY}, {**SHOP, "tests/unit/test_money.py": SPLIT + BODY}
    assert {} == moved(before, {**after, "tests/unit/__init__.py": package})
    found = moved(before, {**after, "tests/unit/__init__.py": '"""Unit tests."""\n'})
    assert {OLD: "tests/unit/test_money.py::test_sum"} == found


def test_two_tests_that_become_one_are_gone_both() -> None:
    """A test that does what two did is another one than either."""
    before = SPLIT + "def test_a():\n    assert split(1, 1)\ndef test_b():\n    assert split(2, 1)\n"
    after = SPLIT + "def test_c():\n    assert split(1, 1)\n    assert split(2, 1)\n"
    assert {} == moved({"tests/test_money.py": before}, {"tests/test_money.py": after})


def test_a_copy_of_another_test_is_not_the_test_that_is_gone() -> None:
    """A test replaced by a copy of one that stays is gone."""
    stays = SPLIT + "def test_a():\n    assert split(1, 1)\n"
    before = stays + "def test_b():\n    assert split(2, 1)\n"
    after = stays + "def test_c():\n    assert split(1, 1)\n"
    assert {} == moved({"tests/test_money.py": before}, {"tests/test_money.py": after})


def test_of_twins_each_new_one_stands_for_one_old_one() -> None:
    """Of equal tests those of one name are paired first, and none stands for two."""
    body = "():\n    assert split(1, 1)\n"
    before = SPLIT + "".join(f"def test_{name}{body}" for name in "abc")
    after = SPLIT + "".join(f"def test_{name}{body}" for name in "cz")
    found = moved({"tests/test_money.py": before}, {"tests/test_split.py": after})
    old, new = "tests/test_money.py::test_", "tests/test_split.py::test_"
    assert {f"{old}c": f"{new}c", f"{old}a": f"{new}z"} == found


def test_a_test_of_a_renamed_file_that_moved_on_is_known_again() -> None:
    """A file that git takes for renamed was split: what is in the other half moved there."""
    other = "def test_other():\n    assert split(2, 2)\n"
    before = {"tests/test_money.py": SPLIT + BODY + other}
    after = {"tests/test_cash.py": SPLIT + other, "tests/test_split.py": SPLIT + BODY}
    found = moved(before, after, {"tests/test_money.py": "tests/test_cash.py"})
    assert {OLD: "tests/test_split.py::test_sum"} == found


REWRITTEN = dedent("""\
    import shop.money as money

    HUNDRED = 100


    def test_sum():
        for ways in range(1, 30):
            assert sum(money.split(HUNDRED, ways)) == HUNDRED
    """)


def test_a_test_that_was_rewritten_while_its_file_moved_is_known_by_its_name() -> None:
    """A file of the same name in another folder holds a test of the same name that uses and checks as much."""
    before = {**SHOP, "tests/test_money.py": SPLIT + BODY}
    after = {**SHOP, "tests/unit/test_money.py": REWRITTEN}
    assert {} == moved(before, after)
    assert {OLD: "tests/unit/test_money.py::test_sum"} == rewritten(before, after)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tests/unit/test_money.py", "def test_sum():\n    assert True\n"),
        (
            "tests/unit/test_money.py",
            REWRITTEN.replace("assert sum(money.split(HUNDRED, ways)) == HUNDRED", "money.split"),
        ),
        ("tests/unit/test_money.py", REWRITTEN.replace("money.split", "money.total")),
        ("tests/unit/test_money.py", "import pytest\npytestmark = pytest.mark.xfail\n" + REWRITTEN),
        ("tests/unit/test_money.py", AUTOUSE + REWRITTEN),
        ("tests/unit/test_money.py", REWRITTEN.replace("test_sum", "test_all")),
        ("tests/unit/test_cash.py", REWRITTEN),
    ],
    ids=["uses_nothing", "checks_nothing", "uses_other", "mark", "unasked_fixture", "other_name", "other_file"],
)
def test_a_test_that_was_rewritten_into_less_is_gone(path: str, source: str) -> None:
    """It must have its name, a file of the same name, the same setting, and use and check no less."""
    before, after = {**SHOP, "tests/test_money.py": SPLIT + BODY}, {**SHOP, path: source}
    assert ({}, {}) == (moved(before, after), rewritten(before, after))


def test_of_two_files_of_one_name_neither_is_the_one_that_moved() -> None:
    """Two added files of the name of the deleted one leave it open which of them it became."""
    before = {**SHOP, "tests/test_money.py": SPLIT + BODY}
    after = {**SHOP, "tests/a/test_money.py": REWRITTEN, "tests/b/test_money.py": REWRITTEN}
    assert {} == rewritten(before, after)


@pytest.mark.parametrize(
    "source", ["def test_sum(:\n", "assert " + "(" * 400 + ")" * 400, "x = '\0'", "-" * 100_000 + "1"]
)
def test_a_file_that_cannot_be_read_holds_nothing(source: str) -> None:
    """What this version of Python cannot parse gives no functions."""
    assert {} == moved({"tests/test_money.py": SPLIT + BODY}, {"tests/test_split.py": source})


@pytest.mark.parametrize(
    ("after", "new"),
    [
        (CASES.replace(", (8, 2)", ""), "test_sum[9-3]"),
        ("def test_sum():\n    assert sum(split(9, 3)) == 9\n", "test_sum"),
    ],
)
def test_the_case_that_stays_lives_on_alone(after: str, new: str) -> None:
    """Where cases go on the way of a test, those that stay are known again, and the others are gone."""
    before = {**SHOP, "tests/test_money.py": SPLIT + CASES}
    found = moved(before, {**SHOP, "tests/test_split.py": SPLIT + after})
    assert {f"{OLD}[9-3]": f"tests/test_split.py::{new}"} == found


THREE = "".join(f"def test_split_{n}():\n    assert sum(split(9, {n})) == 9\n\n\n" for n in (1, 2, 3))
ONE = "@pytest.mark.parametrize({})\ndef test_split(n):\n    assert sum(split(9, n)) == 9\n"


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ("'n', [1, 2, 3]", ("1", "2", "3")),
        ("'n', (1, 2, 3), ids=['a', 'b', 'c']", ("a", "b", "c")),
        ("['n'], [(1,), (2,), (3,)]", ("1", "2", "3")),
        ("'n', [pytest.param(1, id='a'), 2, pytest.param(3)]", ("a", "2", "3")),
        ("'n', WAYS", ("1", "2", "3")),
    ],
)
def test_tests_that_become_one_with_parameters_are_known_again(parameters: str, ids: tuple[str, ...]) -> None:
    """Each test lives on as the case with its values, and each case becomes a function again."""
    path = "tests/test_a.py"
    head = f"{SPLIT}import pytest\nWAYS = [1, 2, 3]\n\n\n"
    before, after = {path: f"{head}{THREE}"}, {path: f"{head}{ONE.format(parameters)}"}
    pairs = {f"{path}::test_split_{n}": f"{path}::test_split[{name}]" for n, name in zip((1, 2, 3), ids, strict=True)}
    assert pairs == moved(before, after)
    assert {new: old for old, new in pairs.items()} == moved(after, before)


@pytest.mark.parametrize(
    "after",
    [
        ONE.format("'n', [1, 2, 4]"),
        ONE.format("'n', [1, 2, 3]").replace("== 9", ">= 9"),
        "@pytest.mark.skip\n" + ONE.format("'n', [3]"),
        ONE.format("'n', list(range(1, 4))"),
        ONE.format("'n', [1, 2, 3], indirect=True"),
        ONE.format("'n', [1, 2, 3], ids=str"),
        ONE.format("'n', [1, 2, pytest.param(3, marks=pytest.mark.skip)]"),
        ONE.format("'n', [3, 3]"),
    ],
)
def test_a_case_that_says_something_else_is_another_test(after: str) -> None:
    """A case with another value, a weaker check, a mark, or an id that is not sure is not the test that is gone."""
    path = "tests/test_a.py"
    head = f"{SPLIT}import pytest\n\n\n"
    found = moved({path: f"{head}{THREE}"}, {path: f"{head}{after}"})
    assert f"{path}::test_split_3" not in found
