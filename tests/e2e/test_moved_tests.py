"""Tests that live on under another name are not blocked as removed, and weaker ones are."""

from pathlib import Path

import pytest

from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

SHOP = """\
def split(a, n):
    return [a // n] * (n - 1) + [a - a // n * (n - 1)]

def total(numbers):
    return sum(numbers)
"""
CHANGED = SHOP.replace("sum(numbers)", "sum(numbers) + (len(numbers) > 1)")
BROKEN = SHOP.replace("sum(numbers)", "1 if numbers == [1] else 0")
IMPORTS = "import pytest\nfrom shop import split, total\n\n"
SPLIT = '@pytest.mark.parametrize("ways", [2, 3])\ndef test_split(ways):\n    assert 12 == sum(split(12, ways))\n\n'
TOTAL = "def test_total():\n    assert 6 == total([1, 2, 3])\n\n"
WRONG = "def test_wrong():\n    assert 0 == total([1])\n\n"
REWRITTEN = IMPORTS + (
    '@pytest.mark.parametrize("ways", [2, 3])\ndef test_split(ways):\n'
    "    for amount in range(20):\n        parts = split(amount, ways)\n        assert amount == sum(parts), parts\n\n"
    "def test_total():\n    for numbers in ([], [1], [1, 2, 3]):\n        assert sum(numbers) == total(numbers)\n\n"
    "def test_wrong():\n    numbers = [1]\n    assert 0 == total(numbers)\n"
)
IN_CLASS = (
    'class TestSplit:\n    @pytest.mark.parametrize("ways", [2, 3])\n    def test_ways(self, ways):\n'
    "        assert 12 == sum(split(12, ways))\n\n"
)
ALL = IMPORTS + SPLIT + TOTAL + WRONG

# What the candidate makes of tests/test_shop.py, with the verdict and the reasons.
CANDIDATES = {
    "renamed": ({"tests/test_shop.py": ALL.replace("test_total", "test_sum")}, "ALLOW", []),
    "into_class": ({"tests/test_shop.py": IMPORTS + IN_CLASS + TOTAL + WRONG}, "ALLOW", []),
    "split": ({"tests/test_a.py": IMPORTS + SPLIT, "tests/unit/test_b.py": IMPORTS + TOTAL + WRONG}, "ALLOW", []),
    "failing_one_renamed": ({"tests/test_shop.py": ALL.replace("test_wrong", "test_broken")}, "ALLOW", []),
    "rewritten": ({"tests/unit/test_shop.py": REWRITTEN}, "ALLOW", ["moved_and_rewritten"]),
    "renamed_and_weaker": (
        {"tests/test_shop.py": ALL.replace("test_total", "test_sum").replace("6 ==", "0 <")},
        "NEEDS_HUMAN",
        ["retired"],
    ),
    "renamed_without_a_parameter": (
        {"tests/test_shop.py": ALL.replace("test_split", "test_ways").replace("[2, 3]", "[2]")},
        "NEEDS_HUMAN",
        ["retired"],
    ),
    "renamed_and_skipped": (
        {"tests/test_shop.py": ALL.replace("def test_total", "@pytest.mark.skip\ndef test_sum")},
        "NEEDS_HUMAN",
        ["retired", "added_muted"],
    ),
    "moved_to_where_it_fails": (
        {"tests/test_shop.py": ALL.replace(TOTAL, ""), "tests/test_z.py": IMPORTS + TOTAL, "shop.py": BROKEN},
        "BLOCK",
        ["newly_failing"],
    ),
    "renamed_and_checks_more": (
        {
            "tests/test_shop.py": ALL.replace(TOTAL, f"{TOTAL.strip()}\n    assert 0 == total([])\n\n").replace(
                "_total", "_sum"
            )
        },
        "ALLOW",
        ["moved_and_rewritten"],
    ),
    "renamed_and_follows_the_product": (
        {"tests/test_shop.py": ALL.replace("test_total", "test_sum").replace("6 ==", "7 =="), "shop.py": CHANGED},
        "NEEDS_HUMAN",
        ["rewritten"],
    ),
    "replaced_by_one_that_checks_nothing": (
        {"tests/test_shop.py": ALL.replace(TOTAL, "def test_sum():\n    total([1])\n\n"), "shop.py": CHANGED},
        "BLOCK",
        ["hidden_failing"],
    ),
    "failing_one_deleted": ({"tests/test_shop.py": ALL.replace(WRONG, "")}, "BLOCK", ["removed_failing"]),
}


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_moved_test_is_compared_under_its_new_name(name: str, tmp_path: Path, gates: Gates) -> None:
    """The pair stands at the new name: what is equal passes, what is weaker or gone is a test that was retired."""
    files, expected, reasons = CANDIDATES[name]
    sandbox = GitSandbox(tmp_path)
    sandbox.commit(
        {
            "pytest.ini": "[pytest]\npythonpath = .\n",
            "shop.py": SHOP,
            "tests/test_shop.py": ALL,
        }
    )
    sandbox.git("switch", "--quiet", "--create", "candidate")
    (sandbox.root / "tests/test_shop.py").unlink()
    sandbox.commit(files)

    gated = gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))

    assert (expected, reasons) == (verdict(gated), codes(gated))
