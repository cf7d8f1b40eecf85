"""The package of the sample repository: its files on the main branch, and what candidates change in them."""

MONEY = '''
"""Amounts in whole cents."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Money:
    cents: int

    @classmethod
    def parse(cls, text):
        sign = -1 if text.startswith("-") else 1
        whole, _, fraction = text.removeprefix("-").partition(".")
        if not whole.isdigit() or len(fraction) > 2 or (fraction and not fraction.isdigit()):
            raise ValueError(f"{text!r} is not an amount")
        return cls(sign * (int(whole) * 100 + int(fraction.ljust(2, "0") or 0)))

    def __add__(self, other):
        return Money(self.cents + other.cents)

    def __sub__(self, other):
        return Money(self.cents - other.cents)

    def __str__(self):
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02d}"

    def split(self, parts):
        """Split into parts as equal as possible."""
        return [Money(self.cents // parts) for _ in range(parts)]
'''

LEDGER = '''
"""Entries and balances."""

from tally.money import Money


class Overdrawn(Exception):
    pass


class Ledger:
    def __init__(self, limit=Money(0)):
        self.entries = []
        self.limit = limit

    def deposit(self, amount):
        if amount <= Money(0):
            raise ValueError("a deposit is more than nothing")
        self.entries.append(amount)

    def withdraw(self, amount):
        if self.balance() - amount < self.limit:
            raise Overdrawn(str(amount))
        self.entries.append(Money(-amount.cents))

    def balance(self):
        return sum(self.entries, Money(0))
'''

REPORT = '''
"""Statements."""

from tally.ledger import Ledger


def statement(ledger: Ledger) -> str:
    lines = [f"{number:>3} {entry!s:>10}" for number, entry in enumerate(ledger.entries, start=1)]
    return "\\n".join([*lines, f"sum {ledger.balance()!s:>10}"])
'''

TEST_MONEY = """
import pytest

from tally.money import Money


@pytest.mark.parametrize(
    ("text", "cents"),
    [("0", 0), ("1", 100), ("1.5", 150), ("1.05", 105), ("12.34", 1234), ("-0.01", -1), ("-3", -300), ("99.00", 9900)],
)
def test_parse(text, cents):
    assert Money.parse(text) == Money(cents)


@pytest.mark.parametrize("text", ["", "x", "1.234", "1.x", "--1"])
def test_parse_refuses(text):
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text)


@pytest.mark.parametrize("text", ["0.00", "1.00", "-0.05", "12.34"])
def test_text_and_back(text):
    assert str(Money.parse(text)) == text


def test_split_gives_equal_parts():
    assert Money(90).split(3) == [Money(30), Money(30), Money(30)]


def test_split_loses_no_cent():
    assert sum(Money(100).split(3), Money(0)) == Money(100)
"""

TEST_LEDGER = """
import pytest

from tally.ledger import Ledger, Overdrawn
from tally.money import Money


@pytest.fixture
def ledger():
    ledger = Ledger()
    ledger.deposit(Money(1000))
    return ledger


def test_starts_empty():
    assert Ledger().balance() == Money(0)


def test_deposit_adds(ledger):
    ledger.deposit(Money(50))
    assert ledger.balance() == Money(1050)


def test_withdraw_takes_away(ledger):
    ledger.withdraw(Money(400))
    assert ledger.balance() == Money(600)


def test_withdraw_everything(ledger):
    ledger.withdraw(Money(1000))
    assert ledger.balance() == Money(0)


def test_refuses_to_overdraw(ledger):
    with pytest.raises(Overdrawn):
        ledger.withdraw(Money(1001))


def test_overdraft_limit():
    ledger = Ledger(limit=Money(-500))
    ledger.withdraw(Money(500))
    assert ledger.balance() == Money(-500)


@pytest.mark.parametrize("cents", [0, -1])
def test_refuses_odd_deposits(ledger, cents):
    with pytest.raises(ValueError, match="more than nothing"):
        ledger.deposit(Money(cents))
"""

TEST_REPORT = """
from tally.ledger import Ledger
from tally.money import Money
from tally.report import statement


def test_empty_statement():
    assert statement(Ledger()) == "sum       0.00"


def test_statement_lists_entries():
    ledger = Ledger()
    ledger.deposit(Money(1234))
    ledger.withdraw(Money(34))
    assert statement(ledger).splitlines() == ["  1      12.34", "  2      -0.34", "sum      12.00"]


def test_statement_ends_with_the_sum():
    ledger = Ledger()
    ledger.deposit(Money(1))
    assert statement(ledger).endswith("0.01")
"""

TEST_EXPORT = """
import pytest

pytest.skip("the export waits for its format", allow_module_level=True)


def test_export():
    assert False
"""

FIXED_SPLIT = '''
        """Split into parts as equal as possible; the first ones carry the cents that are left over."""
        share, left = divmod(self.cents, parts)
        return [Money(share + (1 if index < left else 0)) for index in range(parts)]
'''

SPLIT = '''
        """Split into parts as equal as possible."""
        return [Money(self.cents // parts) for _ in range(parts)]
'''

FAILING_TEST = """

def test_split_loses_no_cent():
    assert sum(Money(100).split(3), Money(0)) == Money(100)
"""

FILES = {
    "README.md": "# tally\n\nKeeps accounts in whole cents.\n",
    "pyproject.toml": '[project]\nname = "tally"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    "tally/__init__.py": "",
    "tally/money.py": MONEY.lstrip(),
    "tally/ledger.py": LEDGER.lstrip(),
    "tally/report.py": REPORT.lstrip(),
    "tests/test_money.py": TEST_MONEY.lstrip(),
    "tests/test_ledger.py": TEST_LEDGER.lstrip(),
    "tests/test_report.py": TEST_REPORT.lstrip(),
    "tests/test_export.py": TEST_EXPORT.lstrip(),
}
