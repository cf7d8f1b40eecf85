"""Tests and helpers of tests that look as if they only followed moved names, and mean something else."""

import pytest

from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import Files, findings

SHOP = """\
from collections import namedtuple


class Cart:
    size = 1

    def total(self, rel): return rel


def empty(): return Cart()


Line = namedtuple("Line", "net gross")
"""
NAMES = {"Cart": "Basket", "size": "length", "rel=": "abs=", "rel)": "abs)", "return rel": "return abs"}
HEAD = "import pytest\nfrom shop import Cart\n"
TEST = "\n\ndef test_it():\n    assert Cart().size == 1\n"
PATH = "tests/test_it.py"


def moved(text: str) -> str:
    """The text under the names that the product has on head."""
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text


def followed(before: str, after: str, *, path: str = PATH, others: Files | None = None) -> list[str]:
    """The tests of a module, or the helper, that only follow the names of the product. ``after`` has the old names."""
    kept = others or {}
    base, head = {"shop.py": SHOP, path: before, **kept}, {"shop.py": moved(SHOP), path: moved(after), **kept}
    return [each["test"] or each["path"] for each in findings(base, head) if each["rule"] == FindingRule.NAMES_MOVED]


@pytest.mark.parametrize("path", [PATH, "tests/conftest.py"])
def test_the_scene_follows(path: str) -> None:
    """The module that the tests below edit follows, wherever it stands."""
    assert [path if path != PATH else f"{PATH}::test_it"] == followed(HEAD + TEST, HEAD + TEST, path=path)


@pytest.mark.parametrize("path", [PATH, "tests/conftest.py"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "import os\nos.environ['A'] = '1'\nimport shop.strict\n",
            "import os\nimport shop.strict\nos.environ['A'] = '1'\n",
        ),
        ("import shop.strict\n", ""),
        ("", "import shop.lenient\n"),
        ("from shop.strict import check\n", "from shop.lenient import check\n"),
        ("from shop.fixtures import no_errors\n", ""),
        ("from shop.fixtures import setup_module\n", ""),
        ("from shop.fixtures import pytestmark\n", ""),
        (
            "try:\n    from a import v\nexcept ImportError:\n    from b import v\n",
            "try:\n    from b import v\nexcept ImportError:\n    from a import v\n",
        ),
        ("def f():\n    from shop.a import v\n    return v\n", "def f():\n    from shop.b import v\n    return v\n"),
        ("def f():\n    import shop.strict\n", "def f():\n    pass\n"),
        ("from shop.strict import *\n", "from shop.lenient import *\n"),
        ("import plugin\n", ""),
    ],
)
def test_other_imports_say_something_else(before: str, after: str, path: str) -> None:
    """What is imported may act, be a fixture or a mark, and matters where it stands."""
    others = {f"shop/{name}.py": "V = 1\n" for name in ("strict", "lenient", "fixtures", "a", "b")}
    assert [] == followed(HEAD + before + TEST, HEAD + after + TEST, path=path, others=others)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\nimport re\n", "import re\nimport os\n"),
        ("import os\n", ""),
        ("", "import os\n"),
        ("from shop import empty\n", ""),
        ("", "from shop import empty\n"),
        ("import numpy\n", "import numpy\nimport pandas\n"),
    ],
)
def test_imports_that_say_nothing_may_differ(before: str, after: str) -> None:
    """The order of imports, the standard library, plain names of modules that are loaded, and what new tests need."""
    assert [f"{PATH}::test_it"] == followed(HEAD + before + TEST, HEAD + after + TEST)


@pytest.mark.parametrize(
    "inner",
    [
        "assert (lambda empty: {})(1) == 1",
        "def check(empty): assert {}\n    check(1)",
        "assert [{} for empty in [1]] == [1]",
        "assert {{empty: {} for empty in [1]}} == {{1: 1}}",
    ],
)
def test_a_name_of_an_inner_scope_is_no_name_of_the_product(inner: str) -> None:
    """What a nested function, a lambda or a comprehension binds is its own."""
    test = "from shop import {0}\n\n\ndef test_it():\n    assert {0}()\n    {1}\n"
    base = {"shop.py": SHOP, PATH: test.format("empty", inner.format("empty"))}
    shop = SHOP.replace("def empty", "def full")
    other, same = ({"shop.py": shop, PATH: test.format("full", inner.format(name))} for name in ("full", "empty"))

    assert [0, 1] == [
        len([each for each in findings(base, head) if each["rule"] == FindingRule.NAMES_MOVED])
        for head in (other, same)
    ]


@pytest.mark.parametrize(("subject", "expected"), [("result", 1), ("other", 0)])
def test_what_is_first_used_in_an_inner_scope_is_what_it_is_around(subject: str, expected: int) -> None:
    """A nested function that binds a name again still finds the other names of the function around it."""
    test = (
        "from shop import {0}, full\n\n\ndef test_it():\n    z = 0\n    check = lambda z: {1} == 4\n"
        "    other = full()\n    result = {0}()\n    assert check(z)\n"
    )
    shop = "def empty(): return 4\ndef full(): return 5\n"
    base = {"shop.py": shop, PATH: test.format("empty", "result")}
    head = {"shop.py": shop.replace("empty", "void"), PATH: test.format("void", subject)}
    assert expected == len([each for each in findings(base, head) if each["rule"] == FindingRule.NAMES_MOVED])


@pytest.mark.parametrize(
    ("old", "new", "use"),
    [
        ("name", "stem", "def test_it(tmp_path):\n    assert Item().{0} and tmp_path.{0} == 'x'\n"),
        ("out", "err", "def test_it(capsys):\n    assert Item().{0} and capsys.readouterr().{0} == ''\n"),
        ("value", "tb", "def test_it():\n    assert Item().{0} and caught.{0}\n"),
        ("month", "day", "def test_it():\n    assert Item().{0} and today.{0} == 3\n"),
        ("call_args_list", "method_calls", "def test_it():\n    assert Item().{0} and mock.{0}\n"),
        ("net", "gross", "def test_it():\n    assert Item().{0} and line.{0}\n"),
    ],
)
def test_an_attribute_that_other_things_have_did_not_move(old: str, new: str, use: str) -> None:
    """Where a thing of Python, pytest, mock or the product has both names, a test may ask it something else."""
    test = "from shop import Item\n\n\n" + use
    lines = 'Line = namedtuple("Line", "net gross")\n'
    base = {"shop.py": f"{lines}class Item:\n    {old} = 1\n", PATH: test.format(old)}
    head = {"shop.py": f"{lines}class Item:\n    {new} = 1\n", PATH: test.format(new)}
    plain = {"shop.py": f"{lines}class Item:\n    worth = 1\n", PATH: test.format("worth")}

    assert [] == [each for each in findings(base, head) if each["rule"] == FindingRule.NAMES_MOVED]
    if old not in ("net", "call_args_list"):  # which never move
        assert 1 == len([each for each in findings(base, plain) if each["rule"] == FindingRule.NAMES_MOVED])


@pytest.mark.parametrize(
    "call", ["pytest.approx(1, {0}=3)", "math.isclose(1, 2, {0}=3)", "other({0}=1)", "subprocess.run([], {0}=True)"]
)
def test_a_keyword_of_another_function_did_not_move(call: str) -> None:
    """A parameter of the product that moved is no parameter of what it does not define."""
    test = "import math\nimport subprocess\nimport pytest\nfrom shop import total\nfrom shop.more import other\n\n\n"
    test += "def test_it():\n    assert total({0}=1) == " + call + "\n"
    base = {"shop/__init__.py": "def total(rel): return rel\n", PATH: test.format("rel")}
    head = {"shop/__init__.py": "def total(abs): return abs\n", PATH: test.format("abs")}
    own = {path: text.replace(call.format("abs"), "total(abs=2)") for path, text in head.items()}
    before = {path: text.replace(call.format("rel"), "total(rel=2)") for path, text in base.items()}

    assert [] == [each for each in findings(base, head) if each["rule"] == FindingRule.NAMES_MOVED]
    assert 1 == len([each for each in findings(before, own) if each["rule"] == FindingRule.NAMES_MOVED])


@pytest.mark.parametrize(("name", "expected"), [("statistics", 0), ("json", 0), ("reference", 0), ("means", 1)])
def test_a_module_of_another_place_did_not_move(name: str, expected: int) -> None:
    """A module of the standard library, or at the top of the tree, is not the one of that name in a package."""
    test = "from shop.{0} import mean\nimport {1} as {2}\n\n\ndef test_it():\n    assert mean([1]) == {2}.mean([1])\n"
    mean = "def mean(x): return 1\n"
    base = {f"shop/{name}.py": mean, PATH: test.format(name, name, name), "reference.py": mean}
    head = {"shop/stats.py": mean, PATH: test.format("stats", "shop.stats", name), "reference.py": mean}

    assert expected == len([each for each in findings(base, head) if each["rule"] == FindingRule.NAMES_MOVED])


def test_texts_that_a_module_looks_at_are_no_documentation() -> None:
    """Where a module reads its own docstrings, these are data."""
    test = HEAD + '\n\ndef test_it():\n    """1"""\n    assert str(Cart().size) == test_it.__doc__\n'
    assert [] == followed(test, test.replace('"""1"""', '"""2"""'))
    assert [] == followed(test, test)


@pytest.mark.parametrize(("before", "after", "expected"), [("strict", "strict", 1), ("strict", "loose", 0)])
def test_a_fake_may_override_what_moved(before: str, after: str, expected: int) -> None:
    """A class of the tests follows with a method of the product, unless it has the new one already."""
    fake = "from shop import Cart\n\n\nclass Fake(Cart):\n    def {0}(self): return 1\n{1}\n\n"
    fake += "def test_it():\n    assert Fake().{0}() == 1\n"
    both = "" if expected else "    def weigh(self): return 2\n"
    base = {"shop.py": "class Cart:\n    def strict(self): return 0\n", PATH: fake.format(before, both)}
    other = "" if expected else f"    def {after}(self): return 2\n"
    head = {"shop.py": "class Cart:\n    def weigh(self): return 0\n", PATH: fake.format("weigh", other)}
    assert expected == len([each for each in findings(base, head) if each["rule"] == FindingRule.NAMES_MOVED])
