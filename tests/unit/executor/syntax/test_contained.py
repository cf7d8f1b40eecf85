"""Tests that live on in others: with more checks, in a test that took them in, or set up in another way."""

import pytest

from tests.unit.executor.syntax.scenes import found_moved

PATH = "tests/test_a.py"
IMPORTS = "import pytest\nimport unittest\nfrom shop import label, price\n"


def found(before: str, after: str) -> tuple[dict[str, str], dict[str, str]]:
    """The tests that were rewritten, and those that others took in, by what stands behind the path of the file."""
    moved = found_moved({PATH: IMPORTS + before, "shop.py": ""}, {PATH: IMPORTS + after, "shop.py": ""}, {})
    rewritten = {old: moved.ids[old] for old in moved.rewritten}
    rewritten, merged = (
        {old.removeprefix(f"{PATH}::"): new.removeprefix(f"{PATH}::") for old, new in pairs.items()}
        for pairs in (rewritten, moved.merged)
    )
    return rewritten, merged


CHECKING = "def test_a():\n    got = price(1)\n    assert got == 2\n    assert price(2) == 4\n"


@pytest.mark.parametrize(
    "after",
    [
        "def test_b():\n    got = price(1)\n    assert got == 2\n    assert price(2) == 4\n    assert label(1)\n",
        "def test_b():\n    got = price(1)\n    assert got == 2\n    assert str(got)\n    assert price(2) == 4\n",
        "def test_b():\n    x = price(1)\n    assert price(3)\n    assert x == 2\n    assert price(2) == 4\n",
    ],
)
def test_a_renamed_test_may_check_more(after: str) -> None:
    """All that it did is there in its order, and what is new are assertions."""
    assert ({"test_a": "test_b"}, {}) == found(CHECKING, after)


@pytest.mark.parametrize(
    "after",
    [
        "def test_b():\n    got = price(1)\n    assert got >= 2\n    assert price(2) == 4\n    assert label(1)\n",
        "def test_b():\n    got = price(1)\n    assert price(2) == 4\n    assert got == 2\n    assert label(1)\n",
        "def test_b():\n    got = price(1)\n    assert label(1)\n    assert got == 2\n    assert price(2) == 4\n",
        "def test_b():\n    got = price(1)\n    got = 2\n    assert got == 2\n    assert price(2) == 4\n",
        CHECKING.replace("test_a", "test_b") + "    assert (got := print)\n",
        "def test_b():\n    got = price(1)\n    return\n    assert got == 2\n    assert price(2) == 4\n",
        "@pytest.mark.xfail\n" + CHECKING.replace("test_a", "test_b") + "    assert label(1)\n",
        "pytestmark = pytest.mark.xfail\n" + CHECKING.replace("test_a", "test_b") + "    assert label(1)\n",
        "def price(n): return 2 * n\n" + CHECKING.replace("test_a", "test_b") + "    assert label(1)\n",
    ],
    ids=["looser", "order", "calls_before", "statement", "binds", "leaves", "mark", "module_mark", "shadowed"],
)
def test_a_renamed_test_that_does_something_else_is_another(after: str) -> None:
    """A looser check, another statement, or a call between the old ones that could change them is no such test."""
    assert ({}, {}) == found(CHECKING, after)


STAYS = "def test_a():\n    got = price(1)\n    assert got == 2\n"
GONE = "def test_b():\n    name = label(1)\n    assert name == 'item 1'\n"
BODY = GONE.partition("\n")[2]


def test_a_test_may_be_taken_in_by_one_that_stays() -> None:
    """All of its statements stand in the other one, which says what it said besides."""
    assert ({}, {"test_b": "test_a"}) == found(STAYS + GONE, STAYS + BODY)
    assert ({}, {"test_b": "test_a"}) == found(STAYS + GONE, STAYS.replace("():\n", f"():\n{BODY}"))


def test_two_tests_may_become_one() -> None:
    """A new test of which each statement is of a test that is gone stands for all of them."""
    merged = "def test_c():\n" + STAYS.partition("\n")[2] + BODY
    assert ({}, {"test_a": "test_c", "test_b": "test_c"}) == found(STAYS + GONE, merged)


@pytest.mark.parametrize(
    "after",
    [
        STAYS + BODY.replace("==", "!="),
        STAYS + BODY.partition("\n")[0] + "\n",
        STAYS.replace("== 2", ">= 2") + BODY,
        STAYS + "    return\n" + BODY,
        STAYS.replace("    got", "    pytest.skip()\n    got") + BODY,
        STAYS + "    label = print\n" + BODY,
        STAYS + "    if got:\n" + "".join(f"    {line}\n" for line in BODY.splitlines()),
        "@pytest.mark.xfail\n" + STAYS + BODY,
        "pytestmark = pytest.mark.xfail\n" + STAYS + BODY,
        "def label(n): return 'item 1'\n" + STAYS + BODY,
        STAYS.replace("got = price(1)\n", "got = price(1)\n    name = 'item 1'\n") + BODY,
    ],
    ids=[
        *("other", "part", "host_looser", "left", "skipped", "shadowed", "condition", "mark", "module_mark"),
        *("other_name", "more"),
    ],
)
def test_a_test_that_is_not_taken_in_whole_is_gone(after: str) -> None:
    """A part, a condition, a way out before it, or another meaning of its names is not the test."""
    assert {} == found(STAYS + GONE, after)[1]


def test_a_test_that_was_there_already_took_in_nothing() -> None:
    """What the other test did before is not the test that is gone."""
    assert ({}, {}) == found(STAYS + BODY + GONE, STAYS + BODY)


def test_names_of_two_tests_do_not_meet() -> None:
    """A test in the middle of another one that binds the names of it changes what that one says."""
    gone = "def test_b():\n    got = price(2)\n    assert got == 4\n"
    mixed = "def test_a():\n    got = price(1)\n    got = price(2)\n    assert got == 4\n    assert got == 2\n"
    assert ({}, {}) == found(STAYS + gone, mixed)
    assert ({}, {"test_b": "test_a"}) == found(STAYS + gone, STAYS + gone.partition("\n")[2])
    other = "def test_a():\n    label = str\n    assert label(1) == '1'\n"
    assert ({}, {}) == found(other + GONE, other + BODY)


SET_UP = (
    "class TestA(unittest.TestCase):\n    def setUp(self):\n        self.n = [price(1)]\n\n"
    "    def test_it(self):\n        self.assertEqual(price(self.n), 4)\n"
)
FIXTURE = "@pytest.fixture\ndef n():\n    return [price(1)]\n\ndef test_it(n):\n    assert price(n) == 4\n"


def test_a_setup_may_become_a_fixture() -> None:
    """A class that gives way to functions, or comes in their place, sets up the same in another way."""
    assert ({"TestA::test_it": "test_it"}, {}) == found(SET_UP, FIXTURE)
    assert ({"test_it": "TestA::test_it"}, {}) == found(FIXTURE, SET_UP)


@pytest.mark.parametrize(
    "after",
    [
        FIXTURE.replace("== 4", ">= 4"),
        FIXTURE.replace("== 4", "== 5"),
        FIXTURE.replace("price(1)", "price(2)"),
        FIXTURE.replace("return [price(1)]", "return [label(1)]"),
        FIXTURE.replace("price(n)", "label(n)"),
        FIXTURE.replace("test_it", "test_other"),
        FIXTURE + "class TestB:\n    def test_it(self): assert price(1)\n",
        FIXTURE + "class TestA:\n    def test_more(self): assert price(1)\n",
        "pytestmark = pytest.mark.xfail\n" + FIXTURE,
        FIXTURE.replace("@pytest.fixture\n", "@pytest.fixture(autouse=True)\n"),
    ],
    ids=[
        *("looser", "expectation", "value", "made_otherwise", "other_subject", "other_name", "twice", "class_stays"),
        *("mark", "autouse"),
    ],
)
def test_a_setup_that_differs_is_another_test(after: str) -> None:
    """The same constants, uses and statements must be there, and one test of that name on each side."""
    assert {} == found(SET_UP, after)[0]


UNITTEST = "class PriceTest(unittest.TestCase):\n    def setUp(self):\n        self.n = price(1)\n\n"
UNUSED = "    def test_own(self):\n        self.assertEqual(price(3), 6)\n"
USED = "    def test_n(self):\n        self.assertEqual(price(self.n), 4)\n"
PLAIN = "    def test_own(self):\n        assert price(3) == 6\n"
PLAIN_USED = "    def test_n(self):\n        assert price(self.n) == 4\n"
METHOD_OF_PYTEST = UNITTEST.replace("PriceTest(unittest.TestCase)", "TestPrice").replace("setUp", "setup_method")
AUTOUSE = METHOD_OF_PYTEST.replace("    def", "    @pytest.fixture(autouse=True)\n    def").replace("setup_m", "m")
BOTH = {"PriceTest::test_n": "TestPrice::test_n", "PriceTest::test_own": "TestPrice::test_own"}


def test_a_test_that_uses_nothing_of_its_setup_does_without_it() -> None:
    """What the set-up makes for other tests is not missed, and may come to a test that does not use it."""
    function = "def test_own():\n    assert price(3) == 6\n"
    assert ({"PriceTest::test_own": "test_own"}, {}) == found(UNITTEST + UNUSED, function)
    assert ({"test_own": "PriceTest::test_own"}, {}) == found(function, UNITTEST + UNUSED)


@pytest.mark.parametrize(
    "setup",
    [
        "        self.n = price(1)\n        reset()\n",
        "        self.n = mock.patch('shop.price').start()\n",
        "        self.n = price(1)\n        price.cache = 1\n",
        "        self.n = price(1)\n        self.addCleanup(print)\n",
        "        self.n = price(1)\n        if self.n: raise ValueError()\n",
    ],
)
def test_a_setup_that_may_act_on_every_test_is_missed(setup: str) -> None:
    """What a set-up does besides making an object may matter to a test that does not mention it."""
    before = f"from unittest import mock\nclass PriceTest(unittest.TestCase):\n    def setUp(self):\n{setup}\n{UNUSED}"
    assert {} == found(before, "from unittest import mock\ndef test_own():\n    assert price(3) == 6\n")[0]


def test_a_class_may_be_set_up_by_a_fixture() -> None:
    """A class of unittest may become one of pytest, with a fixture or a method that sets up the same."""
    tests = USED + "\n" + UNUSED
    assert (BOTH, {}) == found(UNITTEST + tests, METHOD_OF_PYTEST + PLAIN_USED + PLAIN)
    assert (BOTH, {}) == found(UNITTEST + tests, AUTOUSE + PLAIN_USED + PLAIN)


@pytest.mark.parametrize(
    "after",
    [
        AUTOUSE.replace("price(1)", "price(2)") + PLAIN_USED,
        AUTOUSE + PLAIN_USED.replace("== 4", ">= 4"),
        AUTOUSE + PLAIN_USED.replace("    def", "    @pytest.mark.skip\n    def"),
        AUTOUSE.replace("class", "@pytest.mark.skip\nclass") + PLAIN_USED,
        AUTOUSE + "    @pytest.fixture(autouse=True)\n    def patched(self):\n        price.cache = 4\n" + PLAIN_USED,
        AUTOUSE.replace("autouse=True", "autouse=True, params=[1]") + PLAIN_USED,
        AUTOUSE.replace("self.n = price(1)", "pass") + PLAIN_USED.replace("self.n", "4"),
        UNITTEST.replace("PriceTest", "OtherTest").replace("price(1)", "price(2)") + USED,
    ],
)
def test_a_class_that_is_set_up_otherwise_has_other_tests(after: str) -> None:
    """Another value, comparison, mark or fixture is told."""
    assert {} == found(UNITTEST + USED, after)[0]
