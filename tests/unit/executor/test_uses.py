"""Which files belong to the tests though their names do not say so, and which are not taken for such."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from autopack_executor.isolation import limited
from autopack_executor.suite.observed import NOTHING_RECORDED
from autopack_executor.suite.uses import texts
from autopack_executor.suite.uses.find import MAX_FOUND, files_of_tests
from autopack_model.evidence.test_ids import TestIds

SHOP = "def total(parts):\n    return sum(parts)\n"
CHECK = "def right(actual, expected):\n    assert actual == expected\n"
USES = "from {} import right\nfrom shop import total\n\n\ndef test_it():\n    right(total([1]), 1)\n"
READS = "import shop, pathlib\n\n\ndef test_it():\n    assert pathlib.Path('{}').read_text()\n"
CONTRACT = "class Contract:\n    def test_it(self):\n        assert self.total([1]) == 1\n"
INHERITS = (
    "import shop\nfrom lib.contract import Contract\n\n\n"
    "class TestShop(Contract):\n    total = staticmethod(shop.total)\n"
)
TEST, ID = "tests/test_shop.py", "tests/test_shop.py::test_it"
NUMBERS = "expected/numbers.json"


def with_test(text: str, **files: str) -> dict[str, str]:
    """A shop with one module of tests, and the ``files``: names have ``__`` for a slash and ``_py`` for ``.py``."""
    named = {name.replace("__", "/").replace("_py", ".py"): text for name, text in files.items()}
    return {"shop.py": SHOP, TEST: text, **named}


BELONGING: Mapping[str, tuple[dict[str, str], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    # files, ids of tests, files with the code of tests, what belongs to the tests
    "a module of checks": (with_test(USES.format("kit"), kit_py=CHECK), (ID,), (), ("kit.py",)),
    "checks in a package": (
        with_test(USES.format("lib.kit"), lib__kit_py=f'"""Checks."""\nimport re\n\n\n{CHECK}'),
        (ID,),
        (),
        ("lib/kit.py",),
    ),
    "checks that use each other": (
        with_test(
            USES.format("kit"),
            kit_py=f"{CHECK}\n\ndef all_right(these):\n    for each in these:\n        right(*each)\n",
        ),
        (ID,),
        (),
        ("kit.py",),
    ),
    "checks that a helper of tests uses": (
        with_test("import shop\n\n\ndef test_it():\n    pass\n", tests__aid_py="from kit import right\n", kit_py=CHECK),
        (ID,),
        (),
        ("kit.py",),
    ),
    "a folder of tests and a helper": (
        {"shop.py": SHOP, "specs/test_shop.py": USES.format("kit"), "specs/kit.py": "right = print\n"},
        ("specs/test_shop.py::test_it",),
        (),
        ("specs/",),
    ),
    "a folder of tests that configurations name": (
        {
            "shop.py": SHOP,
            "unit_tests/test_shop.py": USES.format("unit_tests.deep.kit"),
            "unit_tests/__init__.py": "",
            "unit_tests/deep/kit.py": "from unit_tests.deep import more\nright = more.right\n",
            "unit_tests/deep/more.py": CHECK,
            "pytest.ini": "[pytest]\ntestpaths = unit_tests\n",
            "pyproject.toml": "[project]\nname = 'shop'\n[tool.pytest.ini_options]\ntestpaths = ['unit_tests']\n",
            ".github/workflows/ci.yml": "run: pytest unit_tests\n",
            "README.md": "Run pytest unit_tests/.\n",
        },
        ("unit_tests/test_shop.py::test_it",),
        (),
        ("unit_tests/",),
    ),
    "inherited tests": (
        with_test(INHERITS, lib__contract_py=CONTRACT),
        (f"{TEST}::TestShop::test_it",),
        ("lib/contract.py",),
        ("lib/contract.py",),
    ),
    "imported tests": (
        with_test(
            "from kit import *\n",
            kit_py="import pytest\nfrom shop import total\n\n\n@pytest.fixture\ndef parts():\n    return [1]\n\n\n"
            "def made(n):\n    return [n]\n\n\ndef test_it(parts):\n    assert total(parts) == total(made(1))\n",
        ),
        (ID,),
        ("kit.py",),
        ("kit.py",),
    ),
    "expected values": (
        with_test(READS.format(NUMBERS), **{NUMBERS: "{}"}),
        (ID,),
        (),
        ("expected/",),
    ),
    "a file of expected values": (
        with_test(READS.format("total_expected.json"), **{"total_expected.json": "1"}),
        (ID,),
        (),
        ("total_expected.json",),
    ),
    "a module of expected values": (
        with_test(
            "import shop\nimport expected_totals\n\n\ndef test_it(): pass\n", expected_totals_py="A = {1: [-2, 'b']}\n"
        ),
        (ID,),
        (),
        ("expected_totals.py",),
    ),
    "values that a module of checks reads": (
        {
            **with_test(USES.format("kit")),
            "kit.py": "import pathlib\n\n\ndef right(actual, expected):\n"
            "    assert str(actual) == pathlib.Path('snaps/total.txt').read_text()\n",
            "snaps/total.txt": "1",
        },
        (ID,),
        (),
        ("kit.py", "snaps/"),
    ),
}

NOT_BELONGING: Mapping[str, tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = {
    "product": (with_test(READS.format("a")), (ID,), ()),
    "checks that product imports": (with_test(USES.format("kit"), kit_py=CHECK, more_py="import kit\n"), (ID,), ()),
    "checks that product names": (
        with_test(USES.format("kit"), kit_py=CHECK, more_py="NAME = 'kit:right'\n"),
        (ID,),
        (),
    ),
    "checks that a project file names": (
        with_test(USES.format("kit"), kit_py=CHECK, **{"pyproject.toml": "[project.scripts]\nkit = 'kit:right'\n"}),
        (ID,),
        (),
    ),
    "checks that are a program": (
        with_test(USES.format("kit"), kit_py=CHECK, **{"README.md": "Start python kit.py.\n"}),
        (ID,),
        (),
    ),
    "checks that continuous integration calls": (
        with_test(USES.format("kit"), kit_py=CHECK, Makefile="all:\n\tpython -m kit\n"),
        (ID,),
        (),
    ),
    "checks that tests expect to fail": (
        with_test(
            f"{USES.format('kit')}\n\ndef test_no():\n    with raises(AssertionError):\n        right(1, 2)\n",
            kit_py=CHECK,
        ),
        (ID,),
        (),
    ),
    "checks with tests of their own": (
        with_test(
            USES.format("kit"), kit_py=CHECK, tests__test_kit_py="from kit import right\n\n\ndef test_it(): pass\n"
        ),
        (ID, "tests/test_kit.py::test_it"),
        (),
    ),
    "checks that are all that is tested": (
        with_test("from kit import right\n\n\ndef test_it():\n    right(1, 1)\n", kit_py=CHECK),
        (ID,),
        (),
    ),
    "functions that return something": (with_test(USES.format("kit"), kit_py=f"{CHECK}    return actual\n"), (ID,), ()),
    "functions that change something": (
        with_test(USES.format("kit"), kit_py=f"{CHECK}    actual.done = 1\n"),
        (ID,),
        (),
    ),
    "functions that do something": (with_test(USES.format("kit"), kit_py=f"{CHECK}    actual.append(1)\n"), (ID,), ()),
    "functions that are wrapped": (with_test(USES.format("kit"), kit_py=f"@print\n{CHECK}"), (ID,), ()),
    "checks that use product": (with_test(USES.format("kit"), kit_py=f"import shop\n{CHECK}"), (ID,), ()),
    "checks and a class": (with_test(USES.format("kit"), kit_py=f"{CHECK}\n\nclass Kit: pass\n"), (ID,), ()),
    "a function of product that is called like a test": (
        with_test(
            "from net import connect, test_it\n\n\ndef test_more():\n    assert connect()\n",
            net_py="def connect():\n    return 1\n\n\ndef test_it():\n    assert connect()\n",
        ),
        (ID, f"{TEST}::test_more"),
        ("net.py",),
    ),
    "a test that product imports": (
        with_test("from kit import test_it\n", kit_py="def test_it(): pass\n", more_py="from kit import test_it\n"),
        (ID,),
        ("kit.py",),
    ),
    "a decorator without a trace": (
        with_test(
            "from kit import twice\n\n\n@twice\ndef test_it(): pass\n", kit_py="def twice(f):\n    return lambda: f()\n"
        ),
        (ID,),
        ("kit.py",),
    ),
    "product in a folder with tests": (
        {
            "pricing/rates.py": SHOP,
            "pricing/test_all.py": "import rates, shop\n\n\ndef test_it(): pass\n",
            "shop.py": SHOP,
        },
        ("pricing/test_all.py::test_it",),
        (),
    ),
    "product that a test is called after": (
        {
            "checks/rates.py": SHOP,
            "checks/test_rates.py": "import rates, shop\n\n\ndef test_it(): pass\n",
            "shop.py": SHOP,
        },
        ("checks/test_rates.py::test_it",),
        (),
    ),
    "product beside its tests alone": (
        {"checks/rates.py": SHOP, "checks/test_all.py": "import rates\n\n\ndef test_it(): pass\n", "shop.py": SHOP},
        ("checks/test_all.py::test_it",),
        (),
    ),
    "a program in a folder of tests": (
        {
            "checks/run.py": f"{SHOP}\nif __name__ == '__main__':\n    total([1])\n",
            "checks/test_all.py": "import run, shop\n\n\ndef test_it(): pass\n",
            "shop.py": SHOP,
        },
        ("checks/test_all.py::test_it",),
        (),
    ),
    "a handler that a service names": (
        {
            "checks/handler.py": SHOP,
            "checks/test_all.py": "import handler, shop\n\n\ndef test_it(): pass\n",
            "shop.py": SHOP,
            "service.yml": "handler: checks/handler.total\n",
        },
        ("checks/test_all.py::test_it",),
        (),
    ),
    "plugins that product looks for": (
        {
            "checks/size.py": SHOP,
            "checks/test_all.py": "import size, shop\n\n\ndef test_it(): pass\n",
            "shop.py": "from pathlib import Path\nPLUGINS = Path('plugins/checks').glob('*.py')\n",
        },
        ("checks/test_all.py::test_it",),
        (),
    ),
    "a module that nobody uses": (
        {"checks/size.py": SHOP, "checks/test_all.py": "import shop\n\n\ndef test_it(): pass\n", "shop.py": SHOP},
        ("checks/test_all.py::test_it",),
        (),
    ),
    "data that product reads": (
        with_test(READS.format(NUMBERS), more_py="open('expected/' + name)\n", **{NUMBERS: "{}"}),
        (ID,),
        (),
    ),
    "data of which product names a file": (
        with_test(READS.format(NUMBERS), more_py="load('numbers.json')\n", **{NUMBERS: "{}"}),
        (ID,),
        (),
    ),
    "data of the package": (
        with_test(READS.format(NUMBERS), **{NUMBERS: "{}", "MANIFEST.in": "graft expected\n"}),
        (ID,),
        (),
    ),
    "data with code": (with_test(READS.format(NUMBERS), expected__more_py=SHOP, **{NUMBERS: "{}"}), (ID,), ()),
    "data that no test names": (with_test(READS.format("a"), **{NUMBERS: "{}"}), (ID,), ()),
    "a module of values that works them out": (
        with_test(
            "import shop\nimport expected_totals\n\n\ndef test_it(): pass\n", expected_totals_py="A = sum([1])\n"
        ),
        (ID,),
        (),
    ),
    "a module of values of another name": (
        with_test("import shop\nimport rates\n\n\ndef test_it(): pass\n", rates_py="A = 1\n"),
        (ID,),
        (),
    ),
    "data of another name": (with_test(READS.format("rates/a.json"), **{"rates/a.json": "{}"}), (ID,), ()),
    "a look at the sources": (
        {"checks/rates.py": SHOP, "checks/more.py": "import rates, shop\n", "shop.py": SHOP},
        ("checks/more.py::ruff", "checks/more.py::checks.more"),
        (),
    ),
}


def found(
    root: Path,
    files: Mapping[str, str],
    ids: tuple[str, ...],
    code: tuple[str, ...] = (),
    links: tuple[str, ...] = (),
    tell: Callable[[str], None] = pytest.fail,
) -> tuple[str, ...]:
    """What belongs to the tests of a tree; a look that fails is told."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    recording = replace(NOTHING_RECORDED, test_ids=TestIds.of(sorted(ids)), test_code=code)
    return files_of_tests(root, sorted([*files, *links]), recording, tell)


@pytest.mark.parametrize("name", BELONGING)
def test_what_only_tests_use_belongs_to_them(tmp_path: Path, name: str) -> None:
    """Checks, helpers, shared tests and expected values are told from product by what makes use of them."""
    files, ids, code, expected = BELONGING[name]
    assert expected == found(tmp_path, files, ids, code)


@pytest.mark.parametrize("name", NOT_BELONGING)
def test_what_may_be_product_stays_product(tmp_path: Path, name: str) -> None:
    """What product uses or names, what may be all that is tested, and what is not sure is nobody's helper."""
    files, ids, code = NOT_BELONGING[name]
    assert () == found(tmp_path, files, ids, code)


@pytest.mark.parametrize(
    ("product", "target", "expected"),
    [
        (SHOP, "../shared", ("shared/",)),
        (SHOP, "../shared/total.json", ("shared/total.json",)),
        (f"{SHOP}\nDATA = open('shared/total.json')\n", "../shared", ()),
        (SHOP, "../src", ()),
        (SHOP, "..", ()),
        (SHOP, "../nowhere", ()),
        (SHOP, "data", ()),
        (SHOP, "/etc", ()),
    ],
)
def test_what_links_of_tests_lead_to_belongs_to_them(
    tmp_path: Path, product: str, target: str, expected: tuple[str, ...]
) -> None:
    """Data behind a link is data of the tests, unless product names it; code never is."""
    files = {"shop.py": product, TEST: READS.format("data"), "shared/total.json": "1", "src/more.py": SHOP}
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "data").symlink_to(target)
    assert expected == found(tmp_path, files, (ID,), links=("tests/data",))


@pytest.mark.parametrize(
    ("shared", "code", "expected"),
    [
        (USES.format("kit"), ("qa/test_shop.py",), ("qa/",)),
        (USES.format("kit"), (), ()),
    ],
)
def test_a_linked_folder_of_tests_belongs_to_them(
    tmp_path: Path, shared: str, code: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """Where the folder of tests is a link, the modules there and their helpers are what the link leads to."""
    (tmp_path / "tests").symlink_to("qa")
    files = {"shop.py": SHOP, "qa/test_shop.py": shared, "qa/kit.py": "right = print\n"}
    assert expected == found(tmp_path, files, (ID,), code, links=("tests",))


def test_a_tree_that_cannot_be_read_whole_has_none(tmp_path: Path) -> None:
    """What a longer file mentions is not known, so nothing is sure, and there is a word about it."""
    files = with_test(USES.format("kit"), kit_py=CHECK, more_py="#" * (texts.MOST_OF_ONE + 1))
    told: list[str] = []
    assert () == found(tmp_path, files, (ID,), tell=told.append)
    problem = "the files of the tree hold more than is looked at"
    assert [f"which further files belong to the tests is not known: {problem}"] == told


def test_more_than_can_be_listed_are_none(tmp_path: Path) -> None:
    """A list that left some out would be taken for the whole, and there is a word about it."""
    names = [f"golden_{number}.json" for number in range(MAX_FOUND + 1)]
    test = "import shop\n\n\ndef test_it():\n    return {}\n"
    told: list[str] = []
    many = {**with_test(test.format(names)), **dict.fromkeys(names, "1")}
    assert () == found(tmp_path, many, (ID,), tell=told.append)
    assert ["which further files belong to the tests is not known: there are more than 1,000 of them"] == told
    assert 3 == len(found(tmp_path, {**with_test(test.format(names[:3])), **dict.fromkeys(names, "1")}, (ID,)))


def test_a_look_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes too long shows nothing, and is not taken for a tree without such files in silence."""
    monkeypatch.setattr(limited, "WALL_S", 0.0)
    told: list[str] = []
    assert () == found(tmp_path, {"tests/test_shop.py": "def test_it(): pass\n"}, (ID,), tell=told.append)
    failed = "the look at the tree failed (it took more than 0 seconds)"
    assert [f"which further files belong to the tests is not known: {failed}"] == told
