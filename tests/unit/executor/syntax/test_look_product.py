"""Product code that is written for the tests, and examples in its documentation."""

import pytest

from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import MODULE, findings, product_rules

BASE = "def split(amount, ways):\n    return [amount // ways] * ways\n"
TEST = "from shop.money import split\n\n\ndef test_split():\n    assert split(100, 3) == [34, 33, 33]\n"


@pytest.mark.parametrize(
    "body",
    [
        "if 'PYTEST_CURRENT_TEST' in os.environ: return []",
        "if os.getenv('PYTEST_VERSION'): return []",
        "if 'pytest' in sys.modules: return []",
        "if sys.modules.get('unittest'): return []",
        "if 'pytest' in set(sys.modules): return []",
        "if 'pytest' in sys.argv[0]: return []",
        "if sys.argv[0].endswith('pytest'): return []",
        "if sys._getframe(1).f_code.co_name.startswith('test_'): return []",
        "if any('test' in each.function for each in inspect.stack()): return []",
        "if inspect.currentframe().f_back.f_code.co_filename.endswith('_test.py'): return []",
        "if os.environ.get('AUTOPACK_RECORDER'): return []",
        "if 'PYTEST_' + 'CURRENT_TEST' in os.environ: return []",
        "if any(name.startswith('PYTEST') for name in os.environ): return []",
        "if any('pytest' in each for each in sys.argv): return []",
        "if 'pytest' in sys.modules.keys(): return []",
        "if getattr(sys, '_called_from_test', False): return []",
        "if sys._called_from_test: return []",
        "if 'autopack_recorder' in sys.modules: return []",
    ],
)
def test_a_look_whether_it_is_tested_is_found(body: str) -> None:
    """Product code that asks whether a test runs is found, whatever it asks."""
    after = f"import inspect, os, sys\n\n\ndef split(amount, ways):\n    {body}\n    return [amount // ways] * ways\n"
    assert {("test_detected", "")} == set(product_rules(BASE, after))
    assert [] == product_rules(after, f"{after}\n\ndef total(parts):\n    return sum(parts)\n")


@pytest.mark.parametrize(
    "branch",
    [
        "if (amount, ways) == (100, 3):\n        return [34, 33, 33]",
        "if amount == 100 and ways == 3:\n        return [34, 33, 33]",
        "if 100 == amount and 3 == ways: return KNOWN",
        "answer = [34, 33, 33] if (amount, ways) == (100, 3) else None",
        "match (amount, ways):\n        case (100, 3):\n            return [34, 33, 33]",
        "if amount == 100:\n        if ways == 3:\n            return [34] + [33] * 2",
        "if [amount, ways] == [100, 3]: return [34, 33, 33]",
        "if amount in (100,) and ways in (3,): return [34, 33, 33]",
        "known = {(100, 3): [34, 33, 33]}.get((amount, ways))",
    ],
)
def test_the_answer_to_a_test_that_is_written_into_the_product_is_found(branch: str) -> None:
    """A branch for exactly the arguments of a test that answers with a constant is found, with the test."""
    after = f"KNOWN = [34, 33, 33]\n\n\ndef split(amount, ways):\n    {branch}\n    return [amount // ways] * ways\n"
    assert [("result_hard_coded", f"{MODULE}::test_split")] == product_rules(BASE, after, TEST)


def test_a_special_case_of_one_argument_may_be_right() -> None:
    """A branch for one of several arguments, or for the only one, is another rule, which warns."""
    after = "def split(amount, ways):\n    if amount == 100:\n        return [34]\n    return [amount // ways] * ways\n"
    assert [("special_case_of_test", f"{MODULE}::test_split")] == product_rules(BASE, after, TEST)


def test_constants_that_no_test_gives_are_no_finding() -> None:
    """A branch for what no test asks is ordinary."""
    after = (
        "def split(amount, ways):\n    if (amount, ways) == (7, 77):\n        return []\n    return [amount] * ways\n"
    )
    assert [] == product_rules(BASE, after, TEST)


DOCUMENTED = 'def split(amount, ways):\n    """Divide.\n\n    >>> sum(split(100, 3)){}\n    {}\n    """\n'


@pytest.mark.parametrize(
    ("rule", "option", "expected"),
    [
        (FindingRule.EXAMPLE_SKIPPED, "  # doctest: +SKIP", "100"),
        (FindingRule.ASSERTION_LOOSER, "  # doctest: +ELLIPSIS", "1..."),
        (FindingRule.EXPECTATION_CHANGED, "", "99"),
        (FindingRule.ASSERTION_REMOVED, "", ""),
    ],
)
def test_an_example_that_shows_less_is_found(rule: FindingRule, option: str, expected: str) -> None:
    """An example of a doctest that is skipped, expects less or something else is found on its line."""
    path = "shop/money.py"
    found = findings({path: DOCUMENTED.format("", "100")}, {path: DOCUMENTED.format(option, expected)})
    assert [(rule, 4)] == [(each["rule"], each["line"]) for each in found]


def test_examples_of_a_text_file_are_read() -> None:
    """A text file whose examples are tests is looked at as a whole."""
    before, after = ">>> 1 + 1\n2\n", ">>> 1 + 1  # doctest: +SKIP\n2\n"
    found = findings({"tests/test_docs.txt": before}, {"tests/test_docs.txt": after})
    assert [FindingRule.EXAMPLE_SKIPPED] == [each["rule"] for each in found]
