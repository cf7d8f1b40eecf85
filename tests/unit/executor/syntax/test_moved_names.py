"""Tests that say the same once moved names are mapped, and such as only look like it."""

import ast

import pytest

from autopack_executor.syntax.moved_names import Adapted, adapted_tests
from autopack_executor.syntax.names import Kind
from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import findings

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
    return [each.test for each in adapted_tests(ast.parse(old), ast.parse(new)) if each.moved]


def followed(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """The tests of a tree that only follow moved names, without their paths, and the names that they followed."""
    return {
        each["test"].partition("::")[2]: each["before"]
        for each in findings(before, after)
        if each["rule"] == FindingRule.NAMES_MOVED.value
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("total", "sum_up", ["test_total"]),
        ("from shop import total", "from shop.sums import total", ["test_total"]),
        ("from shop import total", "from tests.shop import total", []),
        ("shop.label(", "shop.labelled(", ["TestLabel::test_label"]),
        (").text", ").words", ["TestLabel::test_label"]),
        ('"shop.money.format"', '"shop.texts.format"', ["TestLabel::test_label"]),
        ("'''It adds.'''", "", []),
    ],
)
def test_a_moved_name_is_mapped(before: str, after: str, expected: list[str]) -> None:
    """An imported name, an attribute and the place of a patch may move; equal tests are none."""
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
    old = "from f import g\n\n\ndef test_it():\n    g.x(g.z.a)\n"
    (found,) = adapted_tests(ast.parse(old), ast.parse("from f.h import g\n\n\ndef test_it():\n    g.x(g.z.b)\n"))
    moved = ((Kind.PLACE, "f.g.x", "f.h.g.x"), (Kind.PLACE, "f.g.z.a", "f.h.g.z.b"))
    assert Adapted(test="test_it", line=4, moved=moved) == found


def test_a_name_from_elsewhere_did_not_move() -> None:
    """A test whose subject comes from another package tests something else."""
    product = {"shop.py": "def total(): return 6\n"}
    old = {"tests/test_it.py": "from shop import total\n\n\ndef test_it():\n    assert total()\n"}
    other, summed = ({path: each.replace("total", "summed") for path, each in old.items()} for _ in range(2))
    other["tests/test_it.py"] = other["tests/test_it.py"].replace("shop", "mocks")
    moved = {"shop.py": "def summed(): return 6\n"}

    assert {} == followed({**product, **old}, {**moved, **other})
    assert {} == followed({**product, **old}, {**moved, **other, "mocks.py": "def summed(): return 7\n"})
    assert {"test_it": "shop.total"} == followed({**product, **old}, {**moved, **summed})


SHOP = "def total(items): return sum(items)\ndef mean(items): return total(items) / len(items)\n"
TESTS = """\
from shop import mean, total


def test_total():
    assert total([1, 2]) == 3


def test_mean():
    assert mean([1, 2]) == 1.5
"""
RENAMED = {"total(": "add_up(", "def test_add_up(": "def test_total(", "mean, total": "add_up, mean"}


def shop(source: str, tests: str, **others: str) -> dict[str, str]:
    """A tree with one module and its tests."""
    return {"shop.py": source, "tests/test_shop.py": tests, **{f"{name}.py": each for name, each in others.items()}}


def renamed(source: str) -> str:
    """The source under the names that follow."""
    for before, after in RENAMED.items():
        source = source.replace(before, after)
    return source


def test_the_tests_beside_follow_as_well() -> None:
    """A test that is as it was follows where its module cannot be collected for want of a moved name."""
    found = followed(shop(SHOP, TESTS), shop(renamed(SHOP), renamed(TESTS)))
    assert {"test_total": "shop.total", "test_mean": "shop.total"} == found


def test_a_weaker_test_beside_does_not_follow() -> None:
    """What a module imports no more says nothing of a test that differs otherwise."""
    weaker = renamed(TESTS).replace("mean([1, 2]) == 1.5", "mean([1, 2]) > 0")
    assert ["test_total"] == list(followed(shop(SHOP, TESTS), shop(renamed(SHOP), weaker)))


def test_the_tests_beside_those_of_a_deleted_name_follow() -> None:
    """Where a function and its test are gone, the tests beside are as they were."""
    tests = TESTS.replace("mean, total", "mean").replace("def test_total():\n    assert total([1, 2]) == 3\n\n\n", "")
    product = "def mean(items): return sum(items) / len(items)\n"

    assert {"test_mean": "shop.total"} == followed(shop(SHOP, TESTS), shop(product, tests))
    assert {} == followed(shop(SHOP, TESTS), shop(SHOP + "\n", tests))
    assert {} == followed(shop(SHOP, TESTS), shop(product, tests.replace("\n\n\ndef", "\n\nFEW = 1\n\n\ndef")))


@pytest.mark.parametrize(
    ("helper", "weaker"),
    [
        ("def testing_equal(a=1, b=1):\n    assert a == b\n", "def testing_equal(a=1, b=1):\n    pass\n"),
        (
            "class TestTools:\n    def test_equal(self, a=1, b=1):\n        assert a == b\n",
            "class TestTools:\n    def test_equal(self, a=1, b=1):\n        pass\n",
        ),
    ],
)
def test_a_test_that_calls_one_that_changed_does_not_follow(helper: str, weaker: str) -> None:
    """What looks like a test may be what another test asserts with."""
    call = (
        "    testing_equal(total([1, 2]), 3)" if "testing" in helper else "    TestTools().test_equal(total([1, 2]), 3)"
    )
    old = f"{TESTS}\n\n{helper}".replace("    assert total([1, 2]) == 3", call)
    new = renamed(old)

    assert "test_total" in followed(shop(SHOP, old), shop(renamed(SHOP), new))
    assert ["test_mean"] == list(followed(shop(SHOP, old), shop(renamed(SHOP), new.replace(helper, weaker))))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "from tests.lenient import *\n"),
        ("", "import tests.lenient\n"),
        ("from tests.strict import check\n", "from tests.lenient import check\n"),
        ("from tests.strict import check\n", ""),
        ("from strict import check\n", "from lenient import check\n"),
        ("", "import patching\n"),
        ("", "from shop import *\n"),
    ],
)
def test_other_imports_may_change_what_a_test_says(before: str, after: str) -> None:
    """Another helper, all names of a module, and a new module of the product may make a test pass."""
    tests = TESTS.replace("assert mean([1, 2]) == 1.5", "check(mean([1, 2]) == 1.5)") if "check" in before else TESTS
    patching = "import shop\nshop.mean = lambda items: 1.5\n"
    new = shop(renamed(SHOP), after + renamed(tests), patching=patching)

    assert "test_mean" not in followed(shop(SHOP, before + tests), new)


def test_a_new_import_of_another_package_changes_nothing() -> None:
    """A new test in the module may need the standard library, or what the change renamed."""
    new = f"import math\n{renamed(TESTS)}\n\ndef test_new():\n    assert math.isclose(add_up([1.0]), 1.0)\n"
    assert ["test_total", "test_mean"] == list(followed(shop(SHOP, TESTS), shop(renamed(SHOP), new)))[::-1]


def test_a_class_of_unittest_may_have_any_name() -> None:
    """The tests of a class that derives from TestCase follow, whatever it is called."""
    old = "import unittest\nfrom shop import mean\n\n\nclass ShopTest(unittest.TestCase):\n    def test_mean(self):\n"
    old += "        self.assertEqual(mean(items=[1, 2]), 1.5)\n"
    product = "def mean(items): return sum(items) / len(items)\n"

    found = followed(shop(product, old), shop(product.replace("items", "values"), old.replace("items", "values")))

    assert {"ShopTest::test_mean": "items"} == found


CLIENT = "def fetch(url): return url\ndef rate(): return fetch('x')\n"
PATCHES = """\
from unittest import mock
import shop


def test_object():
    with mock.patch.object(shop, "fetch") as fetched:
        assert shop.rate() is fetched.return_value


def test_attribute(monkeypatch):
    monkeypatch.setattr(shop, "fetch", str.upper)
    assert shop.rate() == "X"


@mock.patch("shop.fetch")
def test_parameter(fetch):
    fetch.return_value = 3
    assert shop.rate() == 3
"""


@pytest.mark.parametrize("name", ["load", "mean"])
def test_the_place_of_a_patch_follows(name: str) -> None:
    """The attribute that is replaced follows, and so does the parameter that mock fills; not to what was there."""
    old = shop(CLIENT + "def mean(): return 1\n", PATCHES)
    new = {path: source.replace("fetch(", f"{name}(").replace('fetch"', f'{name}"') for path, source in old.items()}
    followed_too = new["tests/test_shop.py"].replace("(fetch)", f"({name})").replace("  fetch.", f"  {name}.")
    everything = ["test_attribute", "test_object", "test_parameter"] if name == "load" else []

    assert everything == sorted(followed(old, new))
    assert everything == sorted(followed(old, {**new, "tests/test_shop.py": followed_too}))


def test_a_fixture_is_no_name_of_the_test_itself() -> None:
    """A parameter that no patch fills is a fixture, and another one is another test."""
    old = "import shop\n\n\ndef test_rate(strict):\n    assert shop.fetch('x') == strict\n"
    new = old.replace("fetch", "load").replace("strict", "lenient")
    assert {} == followed(shop(CLIENT, old), shop(CLIENT.replace("fetch", "load"), new))


def test_a_name_that_only_looks_like_one_of_the_test_itself_is_none() -> None:
    """What a comprehension binds is another thing than the function of that name beside it."""
    old = "from shop import fetch\n\n\ndef test_rate():\n    assert fetch('x') == [fetch for fetch in 'x'][0]\n"
    new = old.replace("import fetch", "import mean").replace("fetch", "mean")
    product = CLIENT + "def mean(text): return 'x'\n"
    assert {} == followed(shop(product, old), shop(product.replace("fetch", "load"), new))


def test_a_method_of_a_class_of_the_tests_does_not_move() -> None:
    """Where a class of the test module has both names, a test may mean its methods by them."""
    fake = "class TestFake:\n    def strict(self): return False\n    def loose(self): return True\n\n\n"
    old = "from shop import Cart\n\n\n{}def test_it():\n    assert Cart().strict() or TestFake().strict()\n"
    product = "class Cart:\n    def strict(self): return False\n"
    head = product.replace("strict", "loose")
    new = old.replace("strict", "loose")

    assert {} == followed(shop(product, old.format(fake)), shop(head, new.format(fake)))
    assert ["test_it"] == list(followed(shop(product, old.format("")), shop(head, new.format(""))))


def test_an_attribute_that_a_test_sets_follows() -> None:
    """What a test stores in a product's object is no attribute of the test."""
    old = "from shop import Cart\n\n\ndef test_it():\n    cart = Cart()\n    cart.size = 3\n    assert cart.size == 3\n"
    product = "class Cart:\n    size = 1\n"
    found = followed(shop(product, old), shop(product.replace("size", "length"), old.replace("size", "length")))
    assert {"test_it": "size"} == found


def test_what_a_test_keeps_of_the_product_follows() -> None:
    """A method of a product's object that the test has as its own attribute is no method of the test."""
    old = (
        "import unittest\nfrom shop import Cart\n\n\nclass CartTest(unittest.TestCase):\n"
        "    def setUp(self):\n        self.cart = Cart()\n        self.cart.add(3)\n\n"
        "    def test_total(self):\n        self.assertEqual(self.cart.total, 3)\n"
    )
    product = "class Cart:\n    def add(self, price): self.total = price\n"
    found = followed(shop(product, old), shop(product.replace("add", "put"), old.replace("add", "put")))
    assert {"CartTest::test_total": "add"} == found


ITEMS = """\
from shop import Item


class TestItem:
    def test_total(self):
        assert Item(2).total() == 2


def test_item():
    assert Item(3).total() == 3
"""


def test_a_class_of_tests_follows_its_subject() -> None:
    """A test and a class of tests may be called after what they test; the finding begins with their old names."""
    product = "class Item:\n    def __init__(self, price): self.price = price\n    def total(self): return self.price\n"
    new = ITEMS.replace("Item", "Line").replace("test_item", "test_line")

    found = followed(shop(product, ITEMS), shop(product.replace("Item", "Line"), new))
    weaker = followed(shop(product, ITEMS), shop(product.replace("Item", "Line"), new.replace("== 2", "> 0")))

    assert {"TestLine::test_total": "TestItem, shop.Item", "test_line": "test_item, shop.Item"} == found
    assert ["test_line"] == list(weaker)
