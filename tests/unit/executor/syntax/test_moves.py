"""Names that moved in product code, and such as only look like it."""

import ast

import pytest

from autopack_executor.syntax.moves import ProductMoves
from autopack_executor.syntax.names import Kind, Move
from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import findings

PATH = "src/shop/cart.py"
HERE = "src.shop.cart"
CART = """\
from shop.texts import label
RATE = 1
class Refused(ValueError): ...
def total(parts, rounded): return round(sum(parts), rounded)
class Cart:
    size: int
    def __init__(self): self.kept = 1
    def is_paid(self): return self.kept
    @property
    def rate(self): return RATE
    @rate.setter
    def rate(self, value): self.kept = value
def bill(cart, parts):
    if cart.is_paid(): raise Refused()
    return label(total(parts, rounded=2))
"""


def place(old: str, new: str) -> Move:
    """A name of the cart's module that has another one."""
    return Kind.PLACE, f"{HERE}.{old}", f"{HERE}.{new}"


def moves(after: str | None, before: str = CART, others: dict[str, str] | None = None) -> ProductMoves:
    """What the change of the cart's module moves; ``others`` are files of head alone."""
    head = {} if after is None else {PATH: ast.parse(after)}
    head |= {path: ast.parse(source) for path, source in (others or {}).items()}
    return ProductMoves.of({PATH: ast.parse(before)}, head, {})


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("total", "sum_up", place("total", "sum_up")),
        ("Refused", "Declined", place("Refused", "Declined")),
        ("RATE", "TARIFF", place("RATE", "TARIFF")),
        ("Cart", "Basket", place("Cart", "Basket")),
        ("is_paid", "is_settled", (Kind.ATTRIBUTE, "is_paid", "is_settled")),
        ("is_paid", "is_settled", place("Cart.is_paid", "Cart.is_settled")),
        ("kept", "held", (Kind.ATTRIBUTE, "kept", "held")),
        ("size", "length", (Kind.ATTRIBUTE, "size", "length")),
        ("rate", "tariff", (Kind.ATTRIBUTE, "rate", "tariff")),
        ("rounded", "digits", (Kind.KEYWORD, "rounded", "digits")),
    ],
)
def test_what_is_the_same_under_another_name_moved(before: str, after: str, moved: Move) -> None:
    """A function, a class, a constant, a method, an attribute, a property and a parameter, with all that uses them."""
    assert moves(CART.replace(before, after)).prove([moved])


def test_names_move_together() -> None:
    """What calls a function that was renamed may have another name itself, and parts of its own."""
    after = CART
    for old, new in (
        ("total", "sum_up"),
        ("bill", "invoice"),
        ("Cart", "Basket"),
        ("kept", "held"),
        ("parts", "items"),
    ):
        after = after.replace(old, new)

    assert moves(after).prove([place("total", "sum_up")])
    assert moves(after).prove([place("bill", "invoice"), (Kind.ATTRIBUTE, "kept", "held")])


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ([("def total", "def sum_up"), ("total(parts", "sum_up(parts"), ("round(", "abs(")], place("total", "sum_up")),
        ([("def total", "def sum_up"), ("total(parts", "quick(parts")], place("total", "sum_up")),
        (
            [("def total", "def sum_up"), ("def bill", "def invoice"), ("total(parts", "max(parts")],
            place("total", "sum_up"),
        ),
        ([("total(", "sum_up("), ("def sum_up", "async def sum_up")], place("total", "sum_up")),
        ([("total(", "sum_up("), ("def sum_up", "@cached\ndef sum_up")], place("total", "sum_up")),
        (
            [("class Refused(ValueError): ...", "Declined = Exception"), ("Refused", "Declined")],
            place("Refused", "Declined"),
        ),
        ([("Refused(ValueError)", "Declined(Exception)"), ("Refused", "Declined")], place("Refused", "Declined")),
        ([("RATE = 1", "TARIFF = 2"), ("RATE", "TARIFF")], place("RATE", "TARIFF")),
        ([("total", "bill")], place("total", "bill")),
        ([("RATE", "TARIFF")], place("total", "sum_up")),
        (
            [("is_paid(self): return self.kept", "is_open(self): return True"), ("is_paid", "is_open")],
            (Kind.ATTRIBUTE, "is_paid", "is_open"),
        ),
        ([("is_paid", "kept")], (Kind.ATTRIBUTE, "is_paid", "kept")),
        ([("def is_paid", "def is_open"), ("cart.is_paid()", "cart.quick()")], (Kind.ATTRIBUTE, "is_paid", "is_open")),
        ([("is_paid", "is_open")], (Kind.ATTRIBUTE, "startswith", "endswith")),
        ([("self.kept = 1", "self.held = 2"), ("kept", "held")], (Kind.ATTRIBUTE, "kept", "held")),
        ([("value): self.kept = value", "value): pass"), ("rate", "tariff")], (Kind.ATTRIBUTE, "rate", "tariff")),
        ([("parts, rounded", "digits, parts"), ("rounded", "digits")], (Kind.KEYWORD, "rounded", "digits")),
        ([("sum(parts), rounded", "sum(parts), 0"), ("rounded", "digits")], (Kind.KEYWORD, "rounded", "digits")),
        ([("rounded", "parts")], (Kind.KEYWORD, "rounded", "parts")),
        ([("rounded): return round(sum(parts), rounded)", "digits): return 6")], (Kind.KEYWORD, "rounded", "digits")),
    ],
)
def test_what_is_another_thing_did_not_move(changes: list[tuple[str, str]], moved: Move) -> None:
    """Another body, base, value, kind or decorator is another thing, and so is what base has under the new name; and
    what used the old one uses the new one.
    """
    after = CART
    for old, new in changes:
        assert old in after
        after = after.replace(old, new)

    assert not moves(after).prove([moved])


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("def total(): return 6\ndef spare(): return 6\n", "def spare(): return 6\n", place("total", "spare")),
        ("def total(): return 6\n", "def total(): return 6\ndef sum_up(): return 6\n", place("total", "sum_up")),
        (
            "class A:\n    def x(self): ...\nclass B:\n    def y(self): ...\n",
            "class A:\n    def y(self): ...\nclass B:\n    def y(self): ...\n",
            (Kind.ATTRIBUTE, "x", "y"),
        ),
        (
            "class A:\n    def x(self): ...\n",
            "class A:\n    def y(self): ...\nclass B:\n    def x(self): ...\n",
            (Kind.ATTRIBUTE, "x", "y"),
        ),
        ("def f(a): return a\n", "def f(b): return b\ndef g(a): return a\n", (Kind.KEYWORD, "a", "b")),
        (
            "def f(a): return a\ndef g(): return f(a=1)\n",
            "def f(b): return b\ndef g(): return 1\n",
            (Kind.KEYWORD, "a", "b"),
        ),
        (
            "def total(): return 6\nCHECKS.append(total)\n",
            "def sum_up(): return 6\nCHECKS.append(max)\n",
            place("total", "sum_up"),
        ),
    ],
)
def test_a_name_that_has_another_meaning_did_not_move(before: str, after: str, moved: Move) -> None:
    """What base has under the new name, what head has under the old one, and what is used no more, did not move."""
    assert not moves(after, before).prove([moved])


def test_a_statement_that_uses_a_moved_name_follows() -> None:
    """What a module does when it is imported has the new name, too."""
    before = "def total(): return 6\nCHECKS.append(total)\n"
    assert moves(before.replace("total", "sum_up"), before).prove([place("total", "sum_up")])


def test_a_method_of_a_built_in_type_may_be_meant() -> None:
    """Where texts have both names, a test may mean theirs by them."""
    before = "class Cart:\n    def lower(self): ...\n"
    assert not moves(before.replace("lower", "upper"), before).prove([(Kind.ATTRIBUTE, "lower", "upper")])


def test_a_function_may_move_to_another_module() -> None:
    """What is the same in a new place moved, if what used it uses it there."""
    sums = "def total(parts, rounded): return round(sum(parts), rounded)\n"
    moved = (Kind.PLACE, f"{HERE}.total", "src.shop.sums.total")
    after = CART.replace(sums, "from shop import sums\n").replace("total(", "sums.total(")
    imported = CART.replace(sums, "from .sums import total\n")

    assert moves(after, others={"src/shop/sums.py": sums}).prove([moved])
    assert not moves(after, others={"src/shop/sums.py": sums.replace("round(", "abs(")}).prove([moved])
    assert not moves(after.replace("label(sums.", "label("), others={"src/shop/sums.py": sums}).prove([moved])
    assert not moves(after).prove([moved])
    assert not moves(imported, others={"src/shop/sums.py": sums}).lost(f"{HERE}.bill")


def test_a_module_may_have_another_name() -> None:
    """A module that is the same under a new path moved, with all that it defines."""
    others = {"src/shop/basket.py": CART}
    moved = [(Kind.PLACE, HERE, "src.shop.basket"), (Kind.PLACE, f"{HERE}.total", "src.shop.basket.total")]

    assert moves(None, others=others).prove(moved)
    assert [HERE, "src.shop", "src"] == moves(None, others=others).gone_modules("shop.cart.total")
    assert not moves(None, others={"src/shop/basket.py": CART.replace("RATE = 1", "RATE = 2")}).prove(moved)


def test_what_a_module_imports_is_looked_at_where_it_is_defined() -> None:
    """A name that a package only passes on moved where its definition did."""
    before = {"shop/__init__.py": "from .sums import total\n", "shop/sums.py": "def total(): return 6\n"}
    after = {path: source.replace("total", "sum_up") for path, source in before.items()}
    base, head = ({path: ast.parse(each) for path, each in side.items()} for side in (before, after))
    other = {**head, "shop/sums.py": ast.parse("def sum_up(): return 7\n")}
    moved = (Kind.PLACE, "shop.total", "shop.sum_up")

    assert ProductMoves.of(base, head, {}).prove([moved])
    assert not ProductMoves.of(base, other, {}).prove([moved])


def test_what_is_still_there_is_not_lost() -> None:
    """A place of base where head has nothing is lost, and so is what the module imported."""
    after = CART.replace("def total", "def sum_up").replace("import label", "import label as text")

    lost = [each for each in ("total", "label", "RATE", "Cart.is_paid") if moves(after).lost(f"shop.cart.{each}")]

    assert ["total", "label"] == lost


def test_only_tests_that_follow_lost_names_are_told() -> None:
    """A test that takes another function in the shadow of a name that moved is not adapted."""
    test = "from shop.cart import {0}\nfrom shop.{1} import total\n\n\ndef test_a():\n    assert {0}()\n\n\n"
    test += "def test_b():\n    assert total() == 6\n"
    money = "def helper(): ...\ndef total(): return 6\n"
    found = findings(
        {"shop/cart.py": money, "shop/legacy.py": money, "tests/test_a.py": test.format("helper", "cart")},
        {
            "shop/cart.py": money.replace("helper", "assist").replace("6", "3"),
            "shop/legacy.py": money,
            "tests/test_a.py": test.format("assist", "legacy"),
        },
    )

    told = [each["test"] for each in found if each["rule"] == FindingRule.NAMES_MOVED.value]
    assert ["tests/test_a.py::test_a"] == told
