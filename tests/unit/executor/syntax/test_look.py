"""What a look at two versions of a test finds."""

import pytest

from autopack_executor.syntax.look import look
from autopack_model.finding.value import MAX_TEXT, FindingRule
from tests.unit.executor.syntax.looking import IMPORTS, MODULE, findings, rules, sources

TEST = "def test_split():\n    assert sum(split(100, 3)) == 100\n"
CASES = "@pytest.mark.parametrize('ways', {values})\ndef test_split(ways):\n    assert sum(split(100, ways)) == 100\n"
UNITTEST = "import unittest\n\n\nclass MoneyTest(unittest.TestCase):\n    {head}\n        {body}\n"


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("assertion_removed", "split(100, 3)"),
        ("assertion_removed", "pass"),
        ("assertion_looser", "assert abs(sum(split(100, 3)) - 100) <= 1"),
        ("assertion_looser", "assert sum(split(100, 3)) == pytest.approx(100, abs=1)"),
        ("assertion_looser", "assert sum(split(100, 3)) in (99, 100)"),
        ("assertion_looser", "assert sum(split(100, 3)) >= 99"),
        ("assertion_looser", "assert 99 <= sum(split(100, 3))"),
        ("assertion_looser", "assert sum(split(100, 3)) is not None"),
        ("assertion_looser", "assert sum(split(100, 3))"),
        ("assertion_looser", "assert sum(split(100, 3)) != 0"),
        ("assertion_looser", "assert isinstance(sum(split(100, 3)), int)"),
        ("assertion_looser", "assert round(sum(split(100, 3)), -1) == 100"),
        ("assertion_looser", "assert sum(split(100, 3)) == 100 or sum(split(100, 3)) == 99"),
        ("assertion_looser", "found = sum(split(100, 3))\n    assert found >= 99"),
        ("assertion_vacuous", "assert sum(split(100, 3)) == 100 or True"),
        ("assertion_vacuous", "assert sum(split(100, 3)) == sum(split(100, 3))"),
        ("assertion_vacuous", "expected = sum(split(100, 3))\n    assert sum(split(100, 3)) == expected"),
        ("assertion_vacuous", "assert (sum(split(100, 3)), 100)"),
        ("assertion_vacuous", "split(100, 3)\n    assert True"),
        ("assertion_vacuous", "assert 100 == 100"),
        ("assertion_vacuous", "assert len(split(100, 3)) >= 0"),
        ("assertion_conditional", "if split(100, 3):\n        assert sum(split(100, 3)) == 100"),
        ("assertion_conditional", "if not split(100, 3):\n        return\n    assert sum(split(100, 3)) == 100"),
        ("assertion_unreached", "return\n    assert sum(split(100, 3)) == 100"),
        ("assertion_unreached", "if False:\n        assert sum(split(100, 3)) == 100"),
        ("assertion_unreached", "if True:\n        return\n    assert sum(split(100, 3)) == 100"),
        ("assertion_unreached", "for _ in []:\n        assert sum(split(100, 3)) == 100"),
        ("assertion_unreached", "while 0:\n        assert sum(split(100, 3)) == 100"),
        ("exception_swallowed", "try:\n        assert sum(split(100, 3)) == 100\n    except Exception:\n        pass"),
        ("exception_swallowed", "try:\n        assert sum(split(100, 3)) == 100\n    except:\n        print('no')"),
        ("exception_swallowed", "try:\n        assert sum(split(100, 3)) == 100\n    finally:\n        return"),
        ("exception_swallowed", "with contextlib.suppress(AssertionError):\n        assert sum(split(100, 3)) == 100"),
        ("expectation_changed", "assert sum(split(100, 3)) == 99"),
        ("input_changed", "assert sum(split(99, 3)) == 99"),
        ("unit_replaced", "split = lambda *_: [100]\n    assert sum(split(100, 3)) == 100"),
        ("unit_replaced", "with mock.patch('shop.money.split'):\n        assert sum(split(100, 3)) == 100"),
        ("body_never_runs", "yield\n    assert sum(split(100, 3)) == 100"),
        ("body_never_runs", "def check():\n        assert sum(split(100, 3)) == 100"),
        ("mute_added", "pytest.skip('later')\n    assert sum(split(100, 3)) == 100"),
    ],
)
def test_a_weaker_body_is_found(rule: str, body: str) -> None:
    """Each way to have a test check less is found by its rule."""
    assert rule in rules(TEST, f"def test_split():\n    {body}\n")


@pytest.mark.parametrize(
    ("rule", "decorator"),
    [
        ("mute_added", "@pytest.mark.skip"),
        ("mute_added", "@pytest.mark.xfail(reason='later')"),
        ("retry_added", "@pytest.mark.flaky(reruns=5)"),
        ("timeout_added", "@pytest.mark.timeout(5)"),
        ("decorator_added", "@stable"),
        ("examples_reduced", "@settings(max_examples=1)"),
        ("unit_replaced", "@mock.patch('shop.money.split')"),
    ],
)
def test_a_new_decorator_is_found(rule: str, decorator: str) -> None:
    """What a new decorator does to a test is found by its rule."""
    assert [rule] == rules(TEST, f"{decorator}\n{TEST}")


def test_a_decorator_that_catches_failures_is_found() -> None:
    """A decorator of the change that catches what the test raises swallows it."""
    run = "    def run():\n        try:\n            function()\n        except Exception:\n            pass\n"
    source = f"def stable(function):\n{run}    return run\n"
    before, after = IMPORTS + TEST, f"from shop.testing import stable\n{IMPORTS}@stable\n{TEST}"
    found = findings({MODULE: before}, {MODULE: after, "shop/testing.py": source})
    assert [(FindingRule.EXCEPTION_SWALLOWED, "@stable")] == [(each["rule"], each["after"]) for each in found]


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("parameters_removed", "[1, 2, 3]", "[1, 2]"),
        ("parameter_changed", "[1, 2, 3]", "[1, 2, 4]"),
        ("parameter_changed", "[pytest.param(3, id='odd')]", "[pytest.param(4, id='odd')]"),
        ("mute_added", "[1, 3]", "[1, pytest.param(3, marks=pytest.mark.xfail)]"),
    ],
)
def test_weaker_parameters_are_found(rule: str, before: str, after: str) -> None:
    """Parameters that went, that have another value, or that are muted are found."""
    assert [rule] == rules(CASES.format(values=before), CASES.format(values=after))


@pytest.mark.parametrize(
    "later",
    [
        "def test_split():\n    assert split",
        "def test_\N{FULLWIDTH LATIN SMALL LETTER S}plit():\n    assert split",
        "test_split = total",
        "from shop.testing import *",
        "from shop.testing import test_split",
        "del test_split",
        "globals()['test_split'] = total",
    ],
)
def test_a_test_that_is_replaced_later_is_found(later: str) -> None:
    """A second meaning of the name of a test takes its place, whatever gives it."""
    assert ["name_redefined"] == rules(TEST, f"{TEST}\n\n{later}\n")


@pytest.mark.parametrize(
    ("rule", "head", "body"),
    [
        ("body_never_runs", "def test_split(self):", "yield; self.assertEqual(100, sum(split(100, 3)))"),
        ("body_never_runs", "async def test_split(self):", "self.assertEqual(100, sum(split(100, 3)))"),
        ("assertion_looser", "def test_split(self):", "self.assertTrue(sum(split(100, 3)))"),
        ("assertion_looser", "def test_split(self):", "self.assertAlmostEqual(100, sum(split(100, 3)))"),
        ("assertion_removed", "def test_split(self):", "split(100, 3)"),
        ("mute_added", "def test_split(self):", "self.skipTest('x'); self.assertEqual(100, sum(split(100, 3)))"),
    ],
)
def test_a_weaker_test_of_unittest_is_found(rule: str, head: str, body: str) -> None:
    """Methods of a TestCase are read as functions are, with the assertions of unittest."""
    before = UNITTEST.format(head="def test_split(self):", body="self.assertEqual(100, sum(split(100, 3)))")
    assert rule in rules(before, UNITTEST.format(head=head, body=body))


def test_a_coroutine_that_nobody_awaits_is_found() -> None:
    """An assertion that moved into a coroutine is never run where the test only calls it."""
    check = "async def _check():\n    assert sum(split(100, 3)) == 100\n\n\n"
    assert ["body_never_runs"] == rules(TEST, f"{check}def test_split():\n    _check()\n")


@pytest.mark.parametrize(
    ("around", "call", "expected"),
    [
        ("async def check():\n    assert total([1]) == 1\n", "check()", ["body_never_runs"]),
        ("def check():\n    assert total([1]) == 1\n    yield\n", "check()", ["body_never_runs"]),
        ("def check():\n    assert total([1]) == 1\n    yield\n", "cart.check()", []),
        ("def check():\n    assert total([1]) == 1\n    yield\n", "App().check()", []),
        ("@pytest.fixture\ndef check():\n    yield total([1])\n", "check()", []),
        ("@pytest.fixture\ndef check():\n    yield total([1])\n", "cart.check()", []),
        ("@other.fixture\ndef check():\n    yield total([1])\n", "check()", ["body_never_runs"]),
        ("class Other:\n    def check(self):\n        yield total([1])\n", "check()", []),
    ],
)
def test_only_what_is_known_to_run_nothing_never_runs(around: str, call: str, expected: list[str]) -> None:
    """A member of some object may have the name of a generator of the module, and a fixture is never called."""
    test = "def test_split():\n    assert sum(split(100, 3)) == 100\n"
    assert expected == rules(test, f"{around}\n\n{test}    {call}\n")


@pytest.mark.parametrize(
    ("holder", "call", "expected"),
    [
        ("TestA", "self.check()", ["body_never_runs"]),
        ("TestA", "self.cart.check()", []),
        ("Base", "self.check()", ["body_never_runs"]),
        ("Other", "self.check()", []),
        ("TestA", "check()", []),
    ],
)
def test_a_member_of_the_class_may_run_nothing(holder: str, call: str, expected: list[str]) -> None:
    """A generator of the test's own class, or of a base class beside it, runs nothing when the test calls it."""
    member = "    def check(self):\n        yield total([1])\n"
    test = "    def test_a(self):\n        assert sum(split(100, 3)) == 100\n"
    parts = {"Base": "class Base:\n    x = 1\n", "Other": "class Other:\n    x = 1\n", "TestA": "class TestA(Base):\n"}
    before = "".join(parts.values()) + test
    parts[holder] += member
    assert expected == rules(before, "".join(parts.values()) + f"{test}        {call}\n")


def test_a_test_that_writes_what_it_expects_is_found() -> None:
    """A golden file that is made when it is missing shows nothing."""
    read = "    assert str(split(100, 3)) == GOLDEN.read_text()\n"
    made = "    if not GOLDEN.exists():\n        GOLDEN.write_text(str(split(100, 3)))\n"
    before = f"def test_split():\n{read}"
    assert ["expectation_self_made"] == rules(before, f"def test_split():\n{made}{read}")


def test_a_new_test_that_replaces_the_product_is_found() -> None:
    """A new test that puts a function of its own into the product decides what the tests behind it see."""
    body = "    def other(*_):\n        return [100]\n\n    shop.money.split = other\n"
    new = f"import shop.money\n\n\ndef test_ready():\n{body}"
    assert ["unit_replaced"] == [FindingRule(each["rule"]).label for each in findings({}, {"tests/test_a.py": new})]


def test_a_helper_that_checks_less_is_found() -> None:
    """A function that tests call is compared as well, and is about no single test."""
    helper = "def check(parts):\n    assert sum(parts) == {}\n\n\ndef test_split():\n    check(split(100, 3))\n"
    found = findings({MODULE: IMPORTS + helper.format(100)}, {MODULE: IMPORTS + helper.format(99)})
    assert [(FindingRule.EXPECTATION_CHANGED, "")] == [(each["rule"], each["test"]) for each in found]


def test_a_constant_of_the_module_is_told_once() -> None:
    """Another value of a constant that many tests use is one finding."""
    tests = "def test_a():\n    assert total([HUNDRED])\n\n\ndef test_b():\n    assert split(HUNDRED, 1)\n"
    source = "HUNDRED = {}\n\n\n" + tests
    assert ["input_changed"] == rules(source.format(100), source.format(99))


def test_a_test_that_moved_is_compared_with_itself() -> None:
    """A test that went into another file is compared with the one of its name there."""
    after = TEST.replace("== 100", ">= 99")
    found = findings({MODULE: IMPORTS + TEST}, {"tests/test_new.py": IMPORTS + after})
    assert [(FindingRule.ASSERTION_LOOSER, "tests/test_new.py::test_split")] == [
        (each["rule"], each["test"]) for each in found
    ]


def test_a_finding_names_line_test_and_both_texts() -> None:
    """A finding has the line on head, the test as in its id, and what stood and stands there, within a limit."""
    long = "assert sum(split(100, 3)) == " + f"[{'100, ' * MAX_TEXT}]"
    found = findings({MODULE: IMPORTS + TEST}, {MODULE: f"{IMPORTS}def test_split():\n    {long} or True\n"})
    [one] = found
    assert (6, f"{MODULE}::test_split", "assert sum(split(100, 3)) == 100", MAX_TEXT) == (
        one["line"],
        one["test"],
        one["before"],
        len(one["after"]),
    )


@pytest.mark.parametrize("source", ["def test_split(:\n", "\0", "(" * 500 + ")" * 500])
def test_what_cannot_be_read_is_said(source: str) -> None:
    """A file that is no Python, or is nested too deep, is named and does not keep others from being looked at."""
    other = "tests/test_other.py"
    answer = look(sources({MODULE: TEST, other: TEST}, {MODULE: source, other: "def test_split():\n    pass\n"}))
    assert f"{MODULE} is no Python that can be read" == answer["problem"]
    assert [other] == [each["path"] for each in answer["found"]]
