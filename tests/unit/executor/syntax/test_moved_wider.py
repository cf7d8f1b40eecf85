"""Tests whose own names, parameters, helpers or setup moved with them are known again, and weaker ones are not."""

import pytest

from tests.unit.executor.syntax.scenes import moved

PATH = "tests/test_a.py"
IMPORTS = "import pytest\nimport unittest\nfrom shop import label, price\n"
SHOP = {"shop.py": "def price(n): ...\ndef label(n): ...\n", "tests/__init__.py": ""}


def found(before: str, after: str) -> dict[str, str]:
    """What became of the tests of a file, by what stands behind its path."""
    pairs = moved({**SHOP, PATH: IMPORTS + before}, {**SHOP, PATH: IMPORTS + after})
    return {old.removeprefix(f"{PATH}::"): new.removeprefix(f"{PATH}::") for old, new in pairs.items()}


OWN_NAMES = {
    "assigned": ("a = price(1); b = price(2); assert a < b", "x = price(1); y = price(2); assert x < y"),
    "loop": ("for n in (1, 2): assert price(n) == 2 * n", "for each in (1, 2): assert price(each) == 2 * each"),
    "with": ("with price(1) as a: assert a", "with price(1) as b: assert b"),
    "caught": (
        "try: price(1)\n    except ValueError as e: assert e.args",
        "try: price(1)\n    except ValueError as f: assert f.args",
    ),
    "matched": (
        "match price(1):\n        case [a, *b]: assert a < b\n        case {'k': c, **d}: assert c < d",
        "match price(1):\n        case [w, *x]: assert w < x\n        case {'k': y, **z}: assert y < z",
    ),
    "in_a_comprehension": (
        "a = [1]; assert [price(n) for n in a if (m := n)] == [m]",
        "b = [1]; assert [price(n) for n in b if (k := n)] == [k]",
    ),
    "seen_by_an_inner_function": (
        "a = price(1)\n    def inner(): return a\n    assert inner() == 2",
        "b = price(1)\n    def inner(): return b\n    assert inner() == 2",
    ),
}


@pytest.mark.parametrize("name", OWN_NAMES)
def test_a_name_of_the_tests_own_may_be_another(name: str) -> None:
    """What a function calls its own variables does not matter."""
    before, after = (f"def test_{name}():\n    {body}\n" for name, body in zip("ab", OWN_NAMES[name], strict=True))
    assert {"test_a": "test_b"} == found(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = price(1); b = price(2); assert a < b", "a = price(1); b = price(2); assert b < a"),
        ("a = price(1); assert a == price(1)", "b = price(1); assert b == b"),
        ("a = price(1); assert a and 'a' in locals()", "b = price(1); assert b and 'a' in locals()"),
        ("global a; a = price(1); assert a", "global b; b = price(1); assert b"),
        ("assert [price for n in (1,)]", "assert [n for n in (1,)]"),
        (
            "class A: x = price(1)\n    x = 1\n    assert A.x == x",
            "class A: y = price(1)\n    y = 1\n    assert A.x == y",
        ),
        ("def f(x): return x\n    x = 1\n    assert f(x=2)", "def f(y): return y\n    y = 1\n    assert f(x=2)"),
    ],
    ids=["swapped", "itself", "looked_at", "global", "not_its_own", "of_a_class", "parameter"],
)
def test_another_use_of_a_name_is_another_test(before: str, after: str) -> None:
    """Names that mean something else, or that something may look at, make another test."""
    assert {} == found(f"def test_a():\n    {before}\n", f"def test_b():\n    {after}\n")


def test_a_fixture_keeps_its_name() -> None:
    """A parameter may be a fixture, so that another name is another one."""
    assert {} == found(
        "def test_a(tmp_path):\n    assert price(tmp_path)\n", "def test_b(tmpdir):\n    assert price(tmpdir)\n"
    )


HELPING = "class TestA(unittest.TestCase):\n{}    def test_a(self):\n        self.assertEqual({}, 4)\n"


@pytest.mark.parametrize(
    "member",
    [
        "    def _twice(self): return price(2)\n",
        "    LIMIT = 3\n",
        "    @staticmethod\n    def _three(): return 3\n",
        "    def _own(self): return self.id()\n",
    ],
)
def test_a_member_that_the_test_does_not_use_is_no_setting(member: str) -> None:
    """A class acts on its tests by what unittest calls, and not by a helper."""
    before = HELPING.format(member, "price(2)")
    assert {"TestA::test_a": "test_a"} == found(before, "def test_a():\n    assert price(2) == 4\n")


@pytest.mark.parametrize(
    "member",
    [
        "    def setUp(self): price.cache = 1\n",
        "    def tearDown(self): price.cache = 1\n",
        "    @classmethod\n    def setUpClass(cls): price.cache = 1\n",
        "    def run(self, result=None): return None\n",
        "    def _callTestMethod(self, method): return None\n",
        "    def __getattribute__(self, name): return None\n",
        "    __unittest_skip__ = True\n",
        "    pytestmark = pytest.mark.xfail\n",
        "    maxDiff = None\n",
    ],
)
def test_a_member_that_unittest_calls_is_a_setting(member: str) -> None:
    """What the base class has, or Python gives a meaning, may act on each test."""
    assert {} == found(HELPING.format(member, "price(2)"), "def test_a():\n    assert price(2) == 4\n")


def test_a_member_that_needs_no_self_is_a_function() -> None:
    """A helper of a class and one of a module are the same, where nothing of the object is used."""
    before = HELPING.format("    def _twice(self, n): return price(2 * n)\n", "self._twice(1)")
    after = "def _twice(n): return price(2 * n)\ndef test_a():\n    assert _twice(1) == 4\n"
    assert {"TestA::test_a": "test_a"} == found(before, after)
    assert {"test_a": "TestA::test_a"} == found(after, before)


@pytest.mark.parametrize(
    ("member", "function"),
    [
        ("def _twice(self, n): return price(2 * n)", "def _twice(n): return 4"),
        ("def _twice(self, n): return self.id() and 4", "def _twice(n): return 4"),
        ("def _twice(self, n): return super().id() and 4", "def _twice(n): return super().id() and 4"),
        ("def setUp(self): self._twice = None\n    def _twice(self, n): return 4", "def _twice(n): return 4"),
        ("LIMIT = '_twice'\n    def _twice(self, n): return 4", "LIMIT = '_twice'\ndef _twice(n): return 4"),
        ("def sum(self, n): return 4", "def _twice(n): return 4"),
    ],
    ids=["weaker", "self", "super", "replaced", "named", "builtin"],
)
def test_a_member_that_may_be_another_is_no_function(member: str, function: str) -> None:
    """A member that uses its object, or that something may replace, is known by its class alone."""
    before = HELPING.format(f"    {member}\n", "self._twice(1)")
    assert {} == found(before, f"{function}\ndef test_a():\n    assert _twice(1) == 4\n")


@pytest.mark.parametrize(
    ("call", "statement"),
    [
        ("self.assertEqual(2, price(1))", "assert price(1) == 2"),
        ("self.assertIsNot(None, price(1))", "assert price(1) is not None"),
        ("self.assertRaises(TypeError, price)", "with pytest.raises(TypeError):\n        price()"),
        ("self.assertRaises(TypeError, price, 1, k=2)", "with pytest.raises(TypeError): price(1, k=2)"),
        ("self.assertRaises(TypeError, price, 1)", "pytest.raises(TypeError, price, 1)"),
        ("self.assertRaisesRegex(TypeError, 'x', price)", "with pytest.raises(TypeError, match='x'): price()"),
        ("with self.assertRaisesRegex(TypeError, 'x'): price()", "with pytest.raises(TypeError, match='x'): price()"),
    ],
)
def test_an_idiom_of_unittest_is_the_one_of_pytest(call: str, statement: str) -> None:
    """What says the same in both is known again, in both directions."""
    before = f"class TestA(unittest.TestCase):\n    def test_a(self):\n        {call}\n"
    after = f"def test_a():\n    {statement}\n"
    assert {"TestA::test_a": "test_a"} == found(before, after)
    assert {"test_a": "TestA::test_a"} == found(after, before)


@pytest.mark.parametrize(
    ("call", "statement"),
    [
        ("self.assertGreater(2, price(1))", "assert price(1) > 2"),
        ("self.assertRaises(TypeError, price, label(1))", "with pytest.raises(TypeError): price(label(1))"),
        ("self.assertRaises(TypeError, price)", "with pytest.raises(Exception): price()"),
        ("self.assertRaises(TypeError, price, *[1])", "with pytest.raises(TypeError): price(*[2])"),
        ("self.assertRaisesRegex(TypeError, 'x', price)", "with pytest.raises(TypeError): price()"),
    ],
)
def test_an_idiom_that_says_less_is_another(call: str, statement: str) -> None:
    """What depends on its order, or expects more than it did, is another test."""
    before = f"class TestA(unittest.TestCase):\n    def test_a(self):\n        {call}\n"
    assert {} == found(before, f"def test_a():\n    {statement}\n")


TWO = "def test_one():\n    assert price({}) == 2\ndef test_two():\n    assert price({}) == 2\n"
PARAMETRISED = "@pytest.mark.parametrize('n', {})\ndef test_it(n):\n    assert price(n) == 2\n"


@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [
        ("[1]", "[2, 3]", ("n0", "n1")),
        ("label(1)", "label(2)", ("n0", "n1")),
        ("label", "price", ("label", "price")),
        ("unittest.mock", "unittest.case", ("mock", "case")),
        ("'a\\tb'", "'c d'", ("a\\tb", "c d")),
        ("'é'", "'\\x7f'", ("\\xe9", "\\x7f")),
        ("b'\\xff'", "b'\\n'", ("\\xff", "\\n")),
        ("'a[b'", "1.5", ("a[b", "1.5")),
        ("-1", "2j", ("-1", "2j")),
    ],
)
def test_a_value_that_is_written_is_known_by_its_id(first: str, second: str, ids: tuple[str, str]) -> None:
    """Lists, calls, names and texts of any kind have the ids that pytest gives them."""
    pairs = found(TWO.format(first, second), PARAMETRISED.format(f"[{first}, {second}]"))
    assert ["test_one", "test_two"] == sorted(pairs)
    before = {**SHOP, PATH: IMPORTS + PARAMETRISED.format(f"[{first}, {second}]")}
    names = set(moved(before, {**SHOP, PATH: IMPORTS + TWO.format(first, second)}))
    assert {f"{PATH}::test_it[{each}]" for each in ids} & names


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TWO.format("label(1)", "label(2)"), PARAMETRISED.format("[label(1), label(3)]")),
        (TWO.format("[1]", "[2]"), PARAMETRISED.format("[[1], [x for x in (2,)]]")),
        (TWO.format("[1]", "[2]"), PARAMETRISED.format("[[1], 'n0']")),
        (
            TWO.format("[1]", "[2]").replace("== 2", "== label([2])"),
            PARAMETRISED.format("[[1], [2]]").replace("== 2", "== label(n)"),
        ),
        (
            TWO.format("[1]", "[2]").replace("price([2])", "(lambda: price([2]))()"),
            PARAMETRISED.format("[[1], [2]]").replace("price(n)", "(lambda: price(n))()"),
        ),
        (
            TWO.format("label", "label").replace("    assert", "    label = 1\n    assert"),
            PARAMETRISED.format("[label, 2]").replace("    assert", "    label = 1\n    assert"),
        ),
    ],
    ids=["other_value", "not_written", "one_id_twice", "used_twice", "run_elsewhere", "another_name"],
)
def test_a_value_that_is_not_sure_is_another_test(before: str, after: str) -> None:
    """A value that is made once and used twice, one of another meaning, and an id that two may have say nothing."""
    assert "test_two" not in found(before, after)


HELPER = "def make(n):\n    return price(n)\n"
USING = "def test_one():\n    assert make(1) == 2\n"


def through_helper(helper: str, test: str = "from .helpers import make\n" + USING) -> dict[str, str]:
    """What becomes of a test that had its helper in its file, and whose helper is in a file of its own on head."""
    before = {**SHOP, PATH: IMPORTS + HELPER + USING}
    after = {**SHOP, "tests/helpers.py": helper, "tests/test_b.py": test}
    return moved(before, after)


def test_a_helper_may_move_with_its_tests() -> None:
    """An import from a changed file of tests stands for what is defined there, on either side."""
    helper = f"from shop import price\n{HELPER}"
    assert {f"{PATH}::test_one": "tests/test_b.py::test_one"} == through_helper(helper)
    before = {**SHOP, "tests/helpers.py": helper, "tests/test_b.py": "from .helpers import make\n" + USING}
    after = {**SHOP, PATH: IMPORTS + HELPER + USING}
    assert {"tests/test_b.py::test_one": f"{PATH}::test_one"} == moved(before, after)


def test_a_helper_may_move_on_with_what_it_uses() -> None:
    """One helper may use another one, and both may have moved."""
    helpers = "LIMIT = 1\ndef base():\n    return LIMIT\ndef make(n):\n    return price(base())\n"
    before = {**SHOP, PATH: IMPORTS + helpers + USING}
    after = {
        **SHOP,
        "tests/first.py": "LIMIT = 1\ndef base():\n    return LIMIT\n",
        "tests/helpers.py": "from shop import price\nfrom tests.first import base\n"
        + helpers[helpers.index("def make") :],
        "tests/test_b.py": "from tests.helpers import make\n" + USING,
    }
    assert {f"{PATH}::test_one": "tests/test_b.py::test_one"} == moved(before, after)
    after["tests/first.py"] = after["tests/first.py"].replace("= 1", "= 2")
    assert {} == moved(before, after)


@pytest.mark.parametrize(
    ("helper", "test"),
    [
        ("def make(n):\n    return 2\n", "from .helpers import make\n" + USING),
        (f"import shop\nfrom shop import price\nshop.price = None\n{HELPER}", "from .helpers import make\n" + USING),
        (f"from shop import price\n{HELPER}make = print\n", "from .helpers import make\n" + USING),
        (
            f"from shop import price\nimport functools\n@functools.cache\n{HELPER}",
            "from .helpers import make\n" + USING,
        ),
        (f"from shop import price as cost\nprice = cost\n{HELPER}", "from .helpers import make\n" + USING),
        (f"from shop import price\n{HELPER}", "from .helpers import make as make\nmake = print\n" + USING),
        (
            "from shop import price\ndef other(n):\n    return price(n)\n",
            "from .helpers import other as make\n" + USING,
        ),
    ],
    ids=["weaker", "acts", "bound_again", "decorated", "other_price", "shadowed", "other_name"],
)
def test_a_helper_that_may_be_another_makes_another_test(helper: str, test: str) -> None:
    """Where the definition differs, does more, or is not sure to be the one that is used, the test is another one."""
    assert {} == through_helper(helper, test)


def test_a_name_that_means_two_things_makes_another_test() -> None:
    """A helper that takes its own function with it leaves the test with another one of that name."""
    both = "def sum(n):\n    return 2\ndef make(n):\n    return sum(n)\n"
    test = "def test_one():\n    assert make(1) == sum([1, 1])\n"
    before = {**SHOP, PATH: both + test}
    imported = "from .helpers import make, sum\n"
    after = {**SHOP, "tests/helpers.py": both, "tests/test_b.py": imported + test}
    assert {f"{PATH}::test_one": "tests/test_b.py::test_one"} == moved(before, after)
    assert {} == moved(before, {**after, "tests/test_b.py": "from .helpers import make\n" + test})


@pytest.mark.parametrize(
    ("statement", "namesake", "known"),
    [
        ("from helpers import make", "helpers.py", False),
        ("from helpers import make", "lib/helpers/__init__.py", False),
        ("from tests.helpers import make", "src/tests/helpers.py", False),
        ("from tests.helpers import make", "shop/helpers.py", True),
        ("from .helpers import make", "shop/helpers.py", True),
    ],
)
def test_a_helper_that_an_import_may_miss_is_not_looked_into(statement: str, namesake: str, known: bool) -> None:
    """Where the tree has another file of that name, nobody knows which of them is imported."""
    other = {namesake: "def make(n):\n    return 2\n"}
    before = {**SHOP, **other, PATH: IMPORTS + HELPER + USING}
    helper = {"tests/helpers.py": f"from shop import price\n{HELPER}"}
    after = {**SHOP, **other, **helper, "tests/test_b.py": f"{statement}\n{USING}"}
    assert known == bool(moved(before, after))


def test_a_helper_that_knows_its_place_does_not_move() -> None:
    """What reads the name of its file says something else in another one."""
    placed = "def make(n):\n    return __file__\n"
    before = {**SHOP, PATH: IMPORTS + placed + USING}
    after = {**SHOP, "tests/helpers.py": placed, PATH: "from .helpers import make\n" + USING.replace("one", "two")}
    assert {} == moved(before, after)
