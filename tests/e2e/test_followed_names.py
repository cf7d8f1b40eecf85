"""A conftest.py that follows names which the product moved: base's tests run with it, and nothing else goes with it."""

from pathlib import Path

import pytest

from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

FILE = "tests/test_shop.py"
CART = (
    "class Cart:\n    def total(self, parts):\n        return sum(parts)\n\n\n"
    "def of(parts):\n    return Cart().total(parts)\n"
)
FIXTURE = "import pytest\nfrom shop.cart import Cart\n\n\n@pytest.fixture\ndef cart():\n    return Cart()\n"
USES = (
    "from shop.cart import Cart, of\n\n\ndef test_total(cart):\n    assert 3 == cart.total([1, 2])\n\n\n"
    "def test_own():\n    assert 3 == Cart().total([1, 2]) == of([1, 2])\n"
)
KEPT = "from shop.other import one\n\n\ndef test_one():\n    assert 1 == one()\n"
OTHER = "def one():\n    return 1\n"
TREE = {
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "shop/other.py": OTHER,
    "tests/conftest.py": FIXTURE,
    FILE: USES,
    "tests/test_other.py": KEPT,
}
# What the candidate makes of the paths.
MOVED = {"module": ("/cart", "/basket"), "package": ("shop/", "kit/"), "package_with_tests": ("shop/", "kit/")}
# What the candidate makes of all files, then what it makes of one beside it, with the verdict.
FOLLOWING = {
    "class": ("Cart", "Basket", {}, "ALLOW"),
    "method": ("total(", "sum_up(", {}, "ALLOW"),
    "module": ("shop.cart", "shop.basket", {}, "ALLOW"),
    "package": ("shop.", "kit.", {}, "ALLOW"),
    "package_with_tests": ("shop.", "kit.", {}, "ALLOW"),
    "class_and_value": ("Cart", "Basket", {"tests/conftest.py": ("Basket()", "Basket.__new__(Basket)")}, "NEEDS_HUMAN"),
    "class_and_hook": (
        "Cart",
        "Basket",
        {"tests/conftest.py": ("@pytest", "def pytest_pyfunc_call(pyfuncitem):\n    return True\n\n\n@pytest")},
        "NEEDS_HUMAN",
    ),
    "class_and_product": (
        "Cart",
        "Basket",
        {"shop/other.py": ("return 1", "return 2"), "tests/test_other.py": ("assert 1", "assert 2")},
        "NEEDS_HUMAN",
    ),
    "class_and_body": (
        "Cart",
        "Basket",
        {"shop/cart.py": ("sum(parts)", "sum(parts) + 1"), FILE: ("assert 3", "assert 4")},
        "NEEDS_HUMAN",
    ),
}


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_conftest_that_follows_names_needs_no_excuse(name: str, tmp_path: Path, gates: Gates) -> None:
    """Where conftest.py says the same under moved names, base's tests are run with it; anything else is asked about."""
    old, new, beside, expected = FOLLOWING[name]
    sandbox = GitSandbox(tmp_path)
    inside = "shop/" if name == "package_with_tests" else ""
    tree = {f"{inside}{path}" if path.startswith("tests/") else path: text for path, text in TREE.items()}
    sandbox.commit({"pytest.ini": "[pytest]\npythonpath = .\n", **tree})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    if name in MOVED:
        sandbox.git("rm", "--quiet", "-r", "shop")
    files = {}
    for path, text in tree.items():
        moved = path.replace(*MOVED.get(name, ("", "")))
        files[moved] = text.replace(old, new)
        if path in beside:
            assert beside[path][0] in files[moved]
            files[moved] = files[moved].replace(*beside[path])
    sandbox.commit(files)

    gated = gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))

    assert expected == verdict(gated), codes(gated)


def test_a_method_that_unchanged_code_has_as_well_is_asked_about(tmp_path: Path, gates: Gates) -> None:
    """A thing that has the old name and the new one may be asked something else by a test that follows."""
    box = "class Box:\n    def total(self, parts): return 3\n    def sum_up(self, parts): return 4\n"
    sandbox = GitSandbox(tmp_path)
    sandbox.commit({"pytest.ini": "[pytest]\npythonpath = .\n", **TREE, "shop/box.py": box})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit({path: text.replace("total(", "sum_up(") for path, text in TREE.items()})

    gated = gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))

    assert "NEEDS_HUMAN" == verdict(gated), codes(gated)
