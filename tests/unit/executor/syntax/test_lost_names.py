"""The names that product code lost."""

import ast

import pytest

from autopack_executor.syntax.lost_names import LostNames
from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import findings

CART = """\
from shop.texts import label
RATE = 1
def total(parts, rounded): ...
class Cart:
    size: int
    def __init__(self): self.kept = 1
    def is_paid(self): return self.kept
"""


def lost(after: str | None, moved: dict[str, str], old: str = "src/shop/cart.py") -> bool:
    """Whether the change of ``src/shop/cart.py`` explains the moved names."""
    path = "src/shop/cart.py"
    head = {} if after is None else {path: ast.parse(after)}
    return LostNames.of({path: ast.parse(CART)}, head, {path: old}).explain(moved)


@pytest.mark.parametrize(
    ("before", "after", "moved", "expected"),
    [
        ("def total", "def sum_up", {"total": "sum_up"}, True),
        ("def total", "def sum_up", {"shop.cart.total": "shop.cart.sum_up", "total": "sum_up"}, True),
        ("def total", "def sum_up", {"shop.cart.total": "shop.sums.total"}, True),
        ("def total", "def sum_up", {"total": "sum_up", "is_paid": "is_open"}, False),
        ("def total", "def sum_up", {"total": "sum_up", "startswith": "strip"}, False),
        ("rounded)", "exact)", {"rounded": "exact"}, True),
        ("is_paid", "is_settled", {"is_paid": "is_settled"}, True),
        ("size", "length", {"size": "length"}, True),
        ("kept", "held", {"kept": "held"}, True),
        ("RATE", "TARIFF", {"RATE": "TARIFF"}, True),
        ("import label", "import label as text", {"shop.cart.label": "shop.texts.label"}, True),
        ("RATE", "TARIFF", {"shop.cart.total": "shop.legacy.total"}, False),
        ("RATE", "TARIFF", {"math.isclose": "math.hypot", "isclose": "hypot"}, False),
        ("RATE", "TARIFF", {"shop.cart": "shop.legacy"}, False),
        ("", "", {"total": "sum_up"}, False),
        ("", "", {}, True),
    ],
)
def test_a_name_that_is_still_there_is_not_lost(before: str, after: str, moved: dict[str, str], expected: bool) -> None:
    """What the module of base bound and that of head does not; everything that moved must be such a name."""
    assert expected == lost(CART.replace(before, after), moved)


def test_a_module_that_is_gone_took_its_names_along() -> None:
    """Where the file was deleted or has another name, all of it moved; another module did not."""
    assert lost(None, {"shop.cart.total": "shop.sums.total", "shop.cart": "shop.sums"})
    assert lost(CART, {"shop.old.total": "shop.cart.total"}, old="src/shop/old/__init__.py")
    assert not lost(None, {"shop.texts.total": "shop.sums.total"})


def test_only_tests_that_follow_lost_names_are_told() -> None:
    """A test that takes another function in the shadow of a name that moved is not adapted."""
    test = "from shop.cart import {0}\nfrom shop.{1} import total\n\n\ndef test_a():\n    assert {0}()\n\n\n"
    test += "def test_b():\n    assert total() == 6\n"
    money = "def helper(): ...\ndef total(): return 6\n"
    found = findings(
        {"shop/cart.py": money, "tests/test_a.py": test.format("helper", "cart")},
        {
            "shop/cart.py": money.replace("helper", "assist").replace("6", "3"),
            "shop/legacy.py": money,
            "tests/test_a.py": test.format("assist", "legacy"),
        },
    )

    told = [each["test"] for each in found if each["rule"] == FindingRule.NAMES_MOVED.value]
    assert ["tests/test_a.py::test_a"] == told
