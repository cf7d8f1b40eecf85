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
        "if 'pytest' in str(sys.modules['__main__'].__file__): return []",
        "if sys.modules['__main__'].__file__.endswith('start_' + 'pytest.py'): return []",
        "if __main__.__file__.endswith('pytest/__main__.py'): return []",
        "if any('pytest' in name for name in sys.modules): return []",
        "if RUNNER in sys.modules: return []",
        "runner = 'py' + 'test'\n    if runner in sys.modules: return []",
        "if sys.modules.keys() & {'pytest', 'unittest'}: return []",
        "if any(hash(name) == 77 for name in sys.modules): return []",
        "if len(sys.modules) > 500: return []",
        "if ''.join(['py', 'test']) in sys.modules: return []",
        "if 'tsetyp'[::-1] in sys.modules: return []",
        "if os.environ.get('tset_tnerruc_tsetyp'[::-1].upper()): return []",
        "if b'cHl0ZXN0'.decode('rot13') + str(1) in sys.modules: return []",
        "if bytes([112, 121, 116, 101, 115, 116]).decode() in sys.modules: return []",
        "if ''.join(chr(n) for n in [112, 121]) in sys.modules: return []",
        "if f'{PY}test' in sys.modules: return []",
        "if getattr(sys, 'mod' + 'ules').get('_pytest.config'): return []",
        "if sys.__dict__['modules'].get('pluggy'): return []",
        "loaded = sys.modules\n    if 'pytest' in loaded: return []",
        "for name in ('pytest', 'nose'):\n        if name in sys.modules: return []",
        "for name in list(sys.modules):\n        if name.startswith('pyt'): return []",
        "if any(k.startswith('PYT') and 'CURR' in k for k in os.environ): return []",
        "if os.environ.get('PYTHONHASHSEED') == '0': return []",
        "if 'PYTHONHASHSEED' in os.environ: return []",
        "if os.getenv('PYTHONPYCACHEPREFIX'): return []",
        "if importlib.util.find_spec('pytest'): return []",
        "if find_spec('py' 'test') is not None: return []",
        "if os.path.isdir('tests'): return []",
        "if os.path.exists(os.path.join(os.path.dirname(__file__), '..', 'tests')): return []",
        "if (Path(__file__).parent / 'tests' / 'data' / 't.json').exists(): return []",
        "if Path('tests/test_money.py').is_file(): return []",
        "known = open(os.path.dirname(__file__) + '/tests/known.txt').read()",
    ],
)
def test_a_look_whether_it_is_tested_is_found(body: str) -> None:
    """Product code that asks whether a test runs is found, whatever it asks."""
    head = "import inspect, os, sys\n\nPY = 'py'\nRUNNER = 'pytest'\n\n\n"
    after = f"{head}def split(amount, ways):\n    {body}\n    return [amount // ways] * ways\n"
    assert {("test_detected", "")} == set(product_rules(BASE, after, TEST))
    assert [] == product_rules(after, f"{after}\n\ndef total(parts):\n    return sum(parts)\n", TEST)


@pytest.mark.parametrize(
    "body",
    [
        "return sys.modules[__name__]",
        "return sys.modules[cls.__module__].__dict__ if mode == 'test' else None",
        "return sys.modules.get(func.__module__, 'pytest')",
        "sys.modules.pop('shop.plugins', None)",
        "sys.modules['shop.plugins'] = cls",
        "sys.modules.setdefault(name, cls)",
        "del sys.modules[name]",
        "if 'numpy' in sys.modules: return 1",
        "numpy = sys.modules.get('numpy')",
        "return name in sys.modules",
        "for name in list(sys.modules):\n        if name.startswith('shop.'): del sys.modules[name]",
        "loaded = sys.modules\n    return loaded[name]",
        "return {k: v for k, v in os.environ.items() if k.startswith('SHOP_')}",
        "return {**os.environ, 'PYTHONHASHSEED': '0'}",
        "env = dict(os.environ)\n    env['PYTHONHASHSEED'] = '0'\n    return env",
        "return os.environ.get('HOME'), os.environ['TMPDIR']",
        "return importlib.util.find_spec('numpy')",
        "return importlib.import_module(f'shop.{name}')",
        "return os.path.join(folder, 'test', 'images'), os.path.join(folder, 'tests')",
        "return Path(__file__).parent / 'data' / 'rates.json'",
        "return open('data/test/x.csv')",
        "return name.startswith('test'), 'tests', ['tests/a.py']",
        "return self.modules['pytest']",
    ],
)
def test_ordinary_questions_of_product_code_give_no_finding(body: str) -> None:
    """Modules by the name of a class, other modules, the own variables of a program and data are no findings."""
    after = f"import importlib, os, sys\n\n\ndef about(self, cls, func, name, mode, folder):\n    {body}\n"
    assert [] == product_rules("", after, TEST)


@pytest.mark.parametrize("path", ["tools/lint.py", "noxfile.py"])
def test_programs_of_developers_may_deal_with_tests(path: str) -> None:
    """A program for those who develop the project finds its tests, and is none of the product."""
    source = "from pathlib import Path\n\nTESTS = sorted(Path('tests').rglob('*.py'))\n"
    assert [] == findings({MODULE: TEST}, {MODULE: TEST, path: source})


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


ITEMS = "from shop.money import total\n\n\ndef test_total():\n    assert total([(2, 3), (4, 1)]) == 10\n"
TOTAL = "{}def total(items):\n    {}\n    return sum(price * count for price, count in items)\n"


@pytest.mark.parametrize(
    ("head", "branch"),
    [
        ("", "if items == [(2, 3), (4, 1)]: return 10"),
        ("", "if items[:1] == [(2, 3)]: return 10"),
        ("", "if items[0] == (2, 3): return 10"),
        ("", "if tuple(items) == ((2, 3), (4, 1)): return 10"),
        ("", "if len(items) == 2: return 10"),
        ("", "if repr(items) == '[(2, 3), (4, 1)]': return 10"),
        ("", "if str(items)[:4] == '[(2,': return 10"),
        ("", "if hash(tuple(items)) == 8409376899596376432: return 10"),
        ("", "if items in ([(2, 3), (4, 1)], [(9, 9)]): return 10"),
        ("_KNOWN = {'[(2, 3), (4, 1)]': 10}\n\n\n", "if repr(items) in _KNOWN: return _KNOWN[repr(items)]"),
        ("_KNOWN = {((2, 3), (4, 1)): 10}\n\n\n", "if tuple(items) in _KNOWN: return _KNOWN.get(tuple(items))"),
        ("_ANSWER = 10\n\n\n", "if sorted(items) == [(2, 3), (4, 1)]: return _ANSWER"),
    ],
)
def test_what_is_made_of_an_argument_pins_it_as_well(head: str, branch: str) -> None:
    """A slice, a length, a text or a hash of a test's argument is as good as the argument."""
    before, after = TOTAL.format("", "pass"), TOTAL.format(head, branch)
    assert [("result_hard_coded", f"{MODULE}::test_total")] == product_rules(before, after, ITEMS)
    assert [] == product_rules(after, after + "\n\ndef other():\n    return 1\n", ITEMS)


@pytest.mark.parametrize(
    "branch",
    [
        "if len(items) == 0: return 0",
        "if not items: return 0",
        "if len(items) == 2: return None",
        "if len(items) == 2: return 'pair'",
        "if len(items) == 7: return 10",
        "if len(items) == 2: return 99",
        "if items[0] == (7, 7): return 10",
        "if str(items) == 'nan': return 10",
        "if items[:1] == '#': return 10",
        "if len(items) > 1: return 10",
        "if items == []: return 0",
        "if len(items) == 2: return items[0]",
    ],
)
def test_an_ordinary_condition_on_an_argument_gives_no_finding(branch: str) -> None:
    """A length or a beginning that no test gives, or that is answered with what says little, is ordinary."""
    assert [] == product_rules(TOTAL.format("", "pass"), TOTAL.format("", branch), ITEMS)


RATE = "from shop.money import vat\n\n\ndef test_vat():\n    assert vat('DE', 'full') == 19\n"
TABLE = "def vat(country, kind):\n    if country == 'DE' and kind == 'full':\n        return 19\n    {}\n"


@pytest.mark.parametrize("rest", ["raise KeyError(country)", "return 0", "return None", "return {'FR': 20}[country]"])
def test_a_new_function_of_constants_is_a_table(rest: str) -> None:
    """A function that computes nothing is a table: what its rows say warns at most, also when it gets another row."""
    more = "def vat(country, kind):\n    if country == 'FR' and kind == 'full':\n        return 20\n    {}\n"
    table = TABLE.format(rest)
    assert [("special_case_of_test", f"{MODULE}::test_vat")] == product_rules("", table, RATE)
    assert [("special_case_of_test", f"{MODULE}::test_vat")] == product_rules(more.format(rest), table, RATE)


def test_a_written_table_gives_no_finding() -> None:
    """Looking constants up, in a table that is new or has a new row, is no hidden answer."""
    look = "RATES = {{('DE', 'full'): 19{}}}\n\n\ndef vat(country, kind):\n    return RATES[(country, kind)]\n"
    assert [] == product_rules("", look.format(""), RATE)
    other = RATE.replace("'DE', 'full') == 19", "'FR', 'low') == 5")
    assert [] == product_rules(look.format(""), look.format(", ('FR', 'low'): 5"), other)


@pytest.mark.parametrize(
    ("before", "rest"),
    [
        ("", "return RATES.rate(country) * 2"),
        ("def vat(country, kind):\n    return rates()[country]\n", "raise KeyError(country)"),
        ("def vat(country, kind):\n    raise NotImplementedError\n", "return 0"),
    ],
)
def test_constants_in_the_place_of_what_is_computed_are_found(before: str, rest: str) -> None:
    """An answer that shortens what the function computes, or that stands for what base had to do, is hard-coded."""
    assert [("result_hard_coded", f"{MODULE}::test_vat")] == product_rules(before, TABLE.format(rest), RATE)


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
