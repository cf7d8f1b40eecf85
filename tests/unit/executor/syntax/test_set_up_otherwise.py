"""Tests that are set up in another way: by methods of a class, by fixtures, or by themselves."""

import pytest

from tests.unit.executor.syntax.scenes import found_moved

PATH = "tests/test_a.py"
IMPORTS = "import pytest\nimport unittest\nfrom shop import label, price\n"


def found(before: str, after: str) -> tuple[dict[str, str], dict[str, str]]:
    """The tests that were rewritten, and those that others took in, by what stands behind the path of the file."""
    moved = found_moved({PATH: IMPORTS + before, "shop.py": ""}, {PATH: IMPORTS + after, "shop.py": ""}, {})
    rewritten = {old: moved.ids[old] for old in moved.rewritten}
    rewritten, merged = (
        {old.removeprefix(f"{PATH}::"): new.removeprefix(f"{PATH}::") for old, new in pairs.items()}
        for pairs in (rewritten, moved.merged)
    )
    return rewritten, merged


WEAKER_SETUPS = {
    "names_exchanged": (
        "self.got = price(1)\n        self.wanted = 2",
        "assert self.got == self.wanted",
        "@pytest.fixture\ndef got():\n    return price(1)\n\n@pytest.fixture\ndef wanted():\n    return 2\n\n"
        "@pytest.fixture\ndef other(wanted):\n    return wanted\n\n"
        "def test_it(got, other, wanted):\n    assert other == wanted\n",
    ),
    "another_object": (
        "self.a = price(5)\n        self.b = price(0)",
        "self.a.add(9)\n        assert self.b.items == []",
        "@pytest.fixture\ndef a():\n    return price(5)\n\n@pytest.fixture\ndef b():\n    return price(0)\n\n"
        "def test_it(a, b):\n    a.add(9)\n    assert a.items == []\n",
    ),
    "fixture_of_fixture_replaces": (
        "self.n = price(5)",
        "assert self.n.total() == 2",
        "@pytest.fixture\ndef plain(monkeypatch):\n    monkeypatch.setattr(price, 'total', lambda self: 2)\n\n"
        "@pytest.fixture\ndef n(plain):\n    return price(5)\n\ndef test_it(n):\n    assert n.total() == 2\n",
    ),
    "fixture_of_fixture_is_used": (
        "self.n = price(5)",
        "assert self.n.total() == 2",
        "class Fake:\n    def total(self): return 2\n\n@pytest.fixture\ndef made():\n    return Fake()\n\n"
        "@pytest.fixture\ndef n(made):\n    price(5)\n    return made\n\ndef test_it(n):\n    assert n.total() == 2\n",
    ),
    "fixture_of_elsewhere": (
        "self.n = price(5)",
        "assert self.n.total() == 2",
        "@pytest.fixture\ndef n():\n    return price(5)\n\ndef test_it(n, faked):\n    assert n.total() == 2\n",
    ),
    "call_dropped": (
        "self.n = price(5)\n        self.n.lock()",
        "assert self.n.total() == 2",
        "@pytest.fixture\ndef n():\n    return price(5)\n\ndef test_it(n):\n    assert n.total() == 2\n",
    ),
    "statement_added": (
        "self.n = price(5)",
        "assert self.n.total() == 2",
        "@pytest.fixture\ndef n():\n    n = price(5)\n    n.total = n.items.pop\n    return n\n\n"
        "def test_it(n):\n    assert n.total() == 2\n",
    ),
    "arguments_exchanged": (
        "self.n = price(limit=5, bonus=0)",
        "assert self.n.total() > 1",
        "@pytest.fixture\ndef n():\n    return price(limit=0, bonus=5)\n\ndef test_it(n):\n    assert n.total() > 1\n",
    ),
    "left_early": (
        "self.n = price(5)\n        for n in range(3):\n            self.n.add(n)",
        "assert self.n.items",
        "@pytest.fixture\ndef n():\n    n = price(5)\n    for each in range(3):\n        break\n    return n\n\n"
        "def test_it(n):\n    assert n.items\n",
    ),
    "returned_early": (
        "self.n = price(5)\n        self.n.add(3)",
        "assert self.n.items",
        "class TestA:\n    def setup_method(self):\n        self.n = price(5)\n        return\n"
        "        self.n.add(3)\n\n"
        "    def test_it(self):\n        assert self.n.items\n",
    ),
    "longer_scope": (
        "self.n = price(5)",
        "assert self.n.total() == 2",
        "@pytest.fixture(scope='session')\ndef n():\n    return price(5)\n\ndef test_it(n):\n"
        "    assert n.total() == 2\n",
    ),
    "never_called": (
        "price.reset()",
        "assert price.total() == 2",
        "class TestA:\n    def setUp(self):\n        price.reset()\n\n"
        "    def test_it(self):\n        assert price.total() == 2\n",
    ),
    "parameter_in_its_place": (
        "self.n = price(5)",
        "assert self.n == 2",
        "@pytest.fixture\ndef n():\n    return price(5)\n\n"
        "@pytest.mark.parametrize('n', [2])\ndef test_it(n):\n    assert n == 2\n",
    ),
    "default_in_its_place": (
        "self.n = price(5)",
        "assert self.n == 2",
        "@pytest.fixture\ndef n():\n    return price(5)\n\ndef test_it(n=2):\n    assert n == 2\n",
    ),
    "bound_again": (
        "self.n = price(5)",
        "assert self.n == 2",
        "@pytest.fixture\ndef n():\n    return price(5)\n\ndef test_it(n):\n    n = 2\n    assert n == 2\n",
    ),
    "inner_function_binds": (
        "self.n = 0",
        "def follow(): self.n = 1\n        price(follow)\n        assert self.n == 1",
        "def test_it():\n    n = 0\n    def follow(): n = 1\n    price(follow)\n    assert n == 1\n",
    ),
    "shadowed": (
        "def price(n): return n\n        self.n = price(5)",
        "assert price(self.n) == 5",
        "def test_it():\n    def price(n): return n\n    n = price(5)\n    assert price(n) == 5\n",
    ),
    "other_fixture_function": (
        "self.n = price(5)",
        "assert self.n.total() == 2",
        "def fixture(f): return pytest.fixture(lambda: 2)\n\n@fixture\ndef n():\n    return price(5)\n\n"
        "def test_it(n):\n    assert n.total() == 2\n",
    ),
    "fixture_defined_twice": (
        "self.n = price(5)",
        "assert self.n == 2",
        "@pytest.fixture\ndef n():\n    return price(5)\n\n@pytest.fixture\ndef n():\n    return 2\n\n"
        "def test_it(n):\n    assert n == 2\n",
    ),
    "fixture_of_another_name": (
        "self.n = price(5)",
        "assert self.n == 2",
        "@pytest.fixture\ndef n():\n    return price(5)\n\n@pytest.fixture(name='n')\ndef other():\n    return 2\n\n"
        "def test_it(n):\n    assert n == 2\n",
    ),
    "member_that_is_set_otherwise": (
        "self.n = price(5)",
        "assert self.n == 2",
        "class TestA:\n    def setup_method(self):\n        self.n = price(5)\n\n"
        "    def __setattr__(self, name, value):\n"
        "        self.__dict__[name] = 2\n\n    def test_it(self):\n        assert self.n == 2\n",
    ),
    "helper_of_the_class": (
        "self.a = price(1)\n        self.b = price(2)",
        "self.check()\n        assert self.a and self.b\n\n    def check(self):\n        assert self.a == 2",
        "class PriceTest(unittest.TestCase):\n    def setUp(self):\n        self.b = price(1)\n"
        "        self.a = price(2)\n\n"
        "    def test_it(self):\n        self.check()\n        assert self.b and self.a\n\n"
        "    def check(self):\n        assert self.a == 2\n",
    ),
    "helper_of_the_module": (
        "self.n = price(5)",
        "same(self.n, 2)\n        assert self.n\n\ndef same(a, b):\n    assert a == b\n",
        "@pytest.fixture\ndef n():\n    return price(5)\n\ndef test_it(n):\n    same(n, 2)\n    assert n\n\n"
        "def same(a, b):\n    assert a >= b\n",
    ),
}


@pytest.mark.parametrize("weaker", WEAKER_SETUPS)
def test_a_setup_of_which_a_statement_differs_is_another(weaker: str) -> None:
    """What is run for a test is compared statement by statement, whichever way it was rewritten."""
    setup, body, after = WEAKER_SETUPS[weaker]
    before = (
        f"class TestB(unittest.TestCase):\n    def setUp(self):\n        {setup}\n\n"
        f"    def test_it(self):\n        {body}\n"
    )
    assert ({}, {}) == found(before, after)
    assert ({}, {}) == found(after, before)


CLEANED = (
    "class TestB(unittest.TestCase):\n    def setUp(self):\n        self.n = price(5)\n{setup}\n"
    "    def tearDown(self):\n        {last}\n\n    def test_it(self):\n        self.assertEqual(self.n.total(), 2)\n"
)


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [
        ("self.assertFalse(self.n.errors)", "    assert not n.errors\n", True),
        ("self.assertFalse(self.n.errors)", "", False),
        ("self.assertFalse(self.n.errors)", "    assert n.errors\n", False),
        ("self.assertFalse(self.n.errors)", "    n.close()\n    assert not n.errors\n", False),
        ("self.n.close()", "    n.close()\n", True),
        ("super().tearDown()", "", True),
    ],
)
def test_what_tears_down_is_part_of_the_test(before: str, after: str, known: bool) -> None:
    """What stands behind the yield of a fixture is compared with the tearDown of a class."""
    fixture = "@pytest.fixture\ndef n():\n    n = price(5)\n    yield n\n"
    test = "\ndef test_it(n):\n    assert n.total() == 2\n"
    moved = {"TestB::test_it": "test_it"} if known else {}
    assert (moved, {}) == found(CLEANED.format(setup="", last=before), fixture + after + test)


@pytest.mark.parametrize(
    "setup", ["        self.addCleanup(self.check)\n", "    def setUp(self):\n        self.n = price(5)\n"]
)
def test_a_cleanup_or_a_second_setup_is_missed(setup: str) -> None:
    """What a set-up leaves to be called later cannot be left out, and of two methods of a name nobody knows which."""
    fixture = "@pytest.fixture\ndef n():\n    return price(5)\n\ndef test_it(n):\n    assert n.total() == 2\n"
    assert ({}, {}) == found(CLEANED.format(setup=setup, last="pass"), fixture)


WHOLE = (
    "class TestB(unittest.TestCase):\n    def setUp(self):\n        super().setUp()\n        self.n = price(5)\n"
    "        self.n.add(1)\n        self.m = label(self.n)\n\n"
    "    def test_it(self):\n        got = self.n.total()\n        self.assertEqual(got, self.m)\n"
)


@pytest.mark.parametrize(
    ("name", "after"),
    [
        (
            "test_it",
            "@pytest.fixture\ndef cart():\n    cart = price(5)\n    cart.add(1)\n    return cart\n\n@pytest.fixture()\n"
            "def name(cart):\n    return label(cart)\n\ndef test_it(cart, name):\n"
            "    x = cart.total()\n    assert x == name\n",
        ),
        (
            "TestA::test_it",
            "@pytest.fixture\ndef cart():\n    made = price(5)\n    made.add(1)\n    yield made\n\n@pytest.fixture\n"
            "def name(cart):\n    return label(cart)\n\nclass TestA:\n    def test_it(self, name, cart):\n"
            "        x = cart.total()\n        assert x == name\n",
        ),
        (
            "test_it",
            "def test_it():\n    n = price(5)\n    n.add(1)\n    m = label(n)\n    x = n.total()\n    assert x == m\n",
        ),
        (
            "TestA::test_it",
            "class TestA:\n    def setup_method(self, method):\n        self.a = price(5)\n        self.a.add(1)\n"
            "        self.b = label(self.a)\n\n    def test_it(self):\n        x = self.a.total()\n"
            "        assert x == self.b\n",
        ),
        (
            "TestA::test_it",
            "class TestA:\n    @pytest.fixture\n    def a(self):\n        self.own = price(5)\n"
            "        self.own.add(1)\n"
            "        return self.own\n\n    def test_it(self, a):\n        b = label(a)\n"
            "        x = a.total()\n        assert x == b\n",
        ),
    ],
    ids=["functions", "class_with_fixtures", "inline", "method", "fixture_of_class"],
)
def test_what_is_set_up_may_be_called_otherwise(name: str, after: str) -> None:
    """Fixtures, members and locals hold the same things, and are made by the same statements."""
    known = "self.own" not in after
    assert (({"TestB::test_it": name}, {}) if known else ({}, {})) == found(WHOLE, after)
    assert (({name: "TestB::test_it"}, {}) if known else ({}, {})) == found(after, WHOLE)


@pytest.mark.parametrize(
    ("looks", "known"),
    [("vars(n)", True), ("dir(n)", True), ("vars()", False), ("locals()", False), ("vars(*n)", False)],
)
def test_a_test_that_looks_at_its_names_keeps_them(looks: str, known: bool) -> None:
    """What an object has is looked at under any name, but not what the test binds itself."""
    before = (
        "class TestB(unittest.TestCase):\n    def setUp(self):\n        self.n = price(5)\n\n"
        f"    def test_it(self):\n        assert 'n' in {looks.replace('n)', 'self.n)')}\n"
    )
    after = f"@pytest.fixture\ndef n():\n    return price(5)\n\ndef test_it(n):\n    assert 'n' in {looks}\n"
    assert (({"TestB::test_it": "test_it"} if known else {}), {}) == found(before, after)


@pytest.mark.parametrize(("last", "known"), [("n.close()\n    m.close()", True), ("m.close()\n    n.close()", False)])
def test_what_was_set_up_first_is_torn_down_last(last: str, known: bool) -> None:
    """Fixtures that a test asks for are torn down before the method that their class has for it."""
    before = (
        "class TestB:\n    def setup_method(self):\n        self.m = price(5)\n\n    def teardown_method(self):\n"
        "        self.m.close()\n\n    @pytest.fixture\n    def n(self):\n        n = price(self.m)\n        yield n\n"
        "        n.close()\n\n    def test_it(self, n):\n        assert n.total() == self.m\n"
    )
    apart = (
        "@pytest.fixture\ndef a():\n    a = price(5)\n    yield a\n    a.close()\n\n"
        "@pytest.fixture\ndef b(a):\n    b = price(a)\n    yield b\n    b.close()\n\n"
        "def test_it(b, a):\n    assert b.total() == a\n"
    )
    last = last.replace("m.", "a.").replace("n.", "b.")
    exchanged = apart.replace("    yield a\n    a.close()", "    return a").replace("b.close()", last)
    assert ({"TestB::test_it": "test_it"}, {}) == found(before, apart)
    assert (({"TestB::test_it": "test_it"} if known else {}), {}) == found(before, exchanged)
