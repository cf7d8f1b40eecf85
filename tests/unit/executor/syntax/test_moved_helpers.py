"""Helpers of tests that say the same as a whole once moved names are mapped, and such as only look like it."""

import pytest

from autopack_model.finding.value import FindingRule
from tests.unit.executor.syntax.looking import Files, findings

SHOP = """\
class Cart:
    def add(self, price): self.total = price


def empty(): return Cart()
"""
CONFTEST = """\
import pytest
from shop import Cart, empty


@pytest.fixture
def cart(tmp_path):
    cart = Cart()
    cart.add(price=3)
    return cart


def pytest_configure(config):
    config.stash["empty"] = empty()
"""
PATH = "tests/conftest.py"


def followed(before: Files, after: Files) -> list[tuple[str, str, str]]:
    """The files that only follow moved names, with the names before and after."""
    return [
        (each["path"], each["before"], each["after"])
        for each in findings(before, after)
        if each["rule"] == FindingRule.NAMES_MOVED.value and not each["test"]
    ]


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("Cart", "Basket", "shop.Cart", "shop.Basket"),
        ("empty", "new_cart", "shop.empty", "shop.new_cart"),
        ("add(", "put(", "add", "put"),
        ("price", "cost", "price", "cost"),
    ],
)
def test_a_helper_follows_moved_names(old: str, new: str, before: str, after: str) -> None:
    """A class, a function, a method and a parameter may have another name in conftest.py."""
    shop, conftest = SHOP.replace(old, new), CONFTEST.replace(old, new).replace(f'"{new}"', f'"{old}"')

    assert [(PATH, before, after)] == followed({"shop.py": SHOP, PATH: CONFTEST}, {"shop.py": shop, PATH: conftest})


def test_a_helper_follows_a_module() -> None:
    """A module of the product may have another name, and so may its package."""
    base = {"shop/__init__.py": "", "shop/cart.py": SHOP, PATH: CONFTEST.replace("from shop", "from shop.cart")}
    module = {"shop/__init__.py": "", "shop/basket.py": SHOP, PATH: CONFTEST.replace("from shop", "from shop.basket")}
    package = {"kit/__init__.py": "", "kit/cart.py": SHOP, PATH: CONFTEST.replace("from shop", "from kit.cart")}

    names = "shop.cart.Cart, shop.cart.empty"
    assert [(PATH, names, "shop.basket.Cart, shop.basket.empty")] == followed(base, module)
    assert [(PATH, names, "kit.cart.Cart, kit.cart.empty")] == followed(base, package)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("price=3", "price=4"),
        ("def cart(tmp_path)", "def cart(capsys)"),
        ("@pytest.fixture\n", "@pytest.fixture(autouse=True)\n"),
        ("def cart(", "def basket("),
        ("import pytest\n", "import pytest\nimport patching\n"),
        ("    return cart\n", "    return cart\n\n\ndef pytest_runtest_makereport(): ...\n"),
        ("    config.stash", "    Cart.add = None\n    config.stash"),
        ("pytest_configure", "pytest_unconfigure"),
        ("from shop import", "from shop import pytest_sessionfinish,"),
        ("from shop import", "from shop import strict,"),
        ("import pytest\n", "import pytest\nfrom lenient import tmp_path\n"),
    ],
)
def test_a_helper_that_changed_otherwise_does_not_follow(old: str, new: str) -> None:
    """Another value, fixture, hook, or import beside the moved name makes it another helper."""
    conftest = CONFTEST.replace(old, new).replace("Cart", "Basket")
    after = {"shop.py": SHOP.replace("Cart", "Basket"), "patching.py": "import shop\n", PATH: conftest}

    assert conftest != CONFTEST.replace("Cart", "Basket")
    assert [] == followed({"shop.py": SHOP, PATH: CONFTEST}, after)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import strict\n", ""),
        ("from strict import check\n", "from lenient import check\n"),
        ("from strict import pytest_runtest_setup\n", ""),
        ("from shop import Cart as Sold\n", "from shop import empty as Sold\n"),
    ],
)
def test_an_import_that_acts_is_compared(old: str, new: str) -> None:
    """What a helper imports may be a fixture or a hook, or do something, though nothing mentions it."""
    after = {"shop.py": SHOP.replace("Cart", "Basket"), PATH: new + CONFTEST.replace("Cart", "Basket")}
    assert [] == followed({"shop.py": SHOP, PATH: old + CONFTEST}, after)


def test_a_name_of_another_thing_is_not_followed() -> None:
    """What the new name stands for must be what the old one stood for."""
    after = SHOP.replace("self.total = price", "self.total = 3").replace("Cart", "Basket")
    assert [] == followed(
        {"shop.py": SHOP, PATH: CONFTEST}, {"shop.py": after, PATH: CONFTEST.replace("Cart", "Basket")}
    )
