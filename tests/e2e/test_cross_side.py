"""Base's tests on the candidate's code: edits of tests cannot turn a failure green, and honest edits pass."""

from pathlib import Path

import pytest

from autopack_model.decision.delta import Category
from autopack_model.finding.value import FindingRule
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.identity.value import Side
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

SHOP = "def split(a, n):\n    return [a // n] * n\n\n\ndef label(a):\n    return f'{a} EUR'\n"
MENDED = SHOP.replace("[a // n] * n", "[a // n] * (n - 1) + [a - a // n * (n - 1)]")
WORSE = SHOP.replace("EUR", "USD")
LABEL = "def test_label():\n    assert '3 EUR' == shop.label(3)\n"
TESTS = (
    "import shop\n\n\ndef test_split():\n    assert 10 == sum(shop.split(10, 3))\n\n\n"
    f"{LABEL}\n\ndef test_kept():\n    assert [2, 2] == shop.split(4, 2)\n"
)
FILE = "tests/test_shop.py"
FIRST = "def test_first():\n    assert True\n"
NEEDS_CURRENCY = SHOP.replace("def label(a):\n", "def label(a):\n    import os\n\n    os.environ['CURRENCY']\n")
SETS_CURRENCY = f"import os\n\nos.environ['CURRENCY'] = 'EUR'\n\n\n{FIRST}"

# What the candidate makes of the tree, with the verdict and the reasons. On base test_split fails.
CANDIDATES = {
    "repaired": ({"shop.py": MENDED}, "ALLOW", []),
    "weakened": ({FILE: TESTS.replace("10 == sum", "0 <= sum")}, "NEEDS_HUMAN", ["passes_by_edit"]),
    "changed_expectation": (
        {"shop.py": WORSE, FILE: TESTS.replace("3 EUR", "3 USD")},
        "NEEDS_HUMAN",
        ["rewritten"],
    ),
    "hidden": ({"shop.py": WORSE, FILE: TESTS.replace(LABEL, "")}, "BLOCK", ["hidden_failing"]),
    "skipped": (
        {"shop.py": WORSE, FILE: TESTS.replace(LABEL, f"import pytest\n\n\n@pytest.mark.skip\n{LABEL}")},
        "BLOCK",
        ["hidden_failing"],
    ),
    "retired": ({FILE: TESTS.replace(LABEL, "")}, "NEEDS_HUMAN", ["retired"]),
    "rewritten_but_equal": ({FILE: TESTS.replace("'3 EUR' == shop.label(3)", "shop.label(3) == '3 EUR'")}, "ALLOW", []),
    "with_its_subject": (
        {"shop.py": SHOP.partition("def label")[0], FILE: TESTS.replace(LABEL, "")},
        "NEEDS_HUMAN",
        ["retired_with_subject"],
    ),
    "follows_a_name": (
        {"shop.py": SHOP.replace("def label", "def labelled"), FILE: TESTS.replace("shop.label", "shop.labelled")},
        "ALLOW",
        ["adapted"],
    ),
    "follows_to_another_thing": (
        {
            "shop.py": WORSE.replace("def label", "def labelled").replace(
                "def split", "def label_of(a):\n    return '3 EUR'\n\n\ndef split"
            ),
            FILE: TESTS.replace("shop.label", "shop.label_of"),
        },
        "NEEDS_HUMAN",
        ["rewritten"],
    ),
    "follows_a_name_and_is_weaker": (
        {
            "shop.py": SHOP.replace("def label", "def labelled").replace("EUR", "USD"),
            FILE: TESTS.replace("shop.label", "shop.labelled").replace("3 EUR", "3 USD"),
        },
        "NEEDS_HUMAN",
        ["rewritten"],
    ),
    "harmless_conftest": ({"conftest.py": "import os\n", "shop.py": MENDED}, "ALLOW", ["protected_path"]),
    "conftest_that_flips": (
        {
            "conftest.py": "import pytest\n\n\n@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(pyfuncitem):\n"
            "    return True\n"
        },
        "NEEDS_HUMAN",
        ["passes_by_edit", "protected_path"],
    ),
    "environment_of_an_edited_module": (
        {"shop.py": NEEDS_CURRENCY, "tests/test_aaa.py": SETS_CURRENCY},
        "NEEDS_HUMAN",
        ["rewritten"],
    ),
    "environment_of_a_new_module": (
        {"shop.py": NEEDS_CURRENCY, "tests/test_aab.py": SETS_CURRENCY},
        "NEEDS_HUMAN",
        ["rewritten"],
    ),
    "state_of_another_test": (
        {
            "shop.py": f"{SHOP}# touched\n",
            "tests/test_aaa.py": "import shop\n\n\ndef test_first():\n"
            "    shop.split = lambda a, n: [2, 2] if n == 2 else [a]\n",
        },
        "NEEDS_HUMAN",
        ["code_displaced", "passes_by_edit"],
    ),
}


@pytest.mark.parametrize("name", CANDIDATES)
def test_what_base_says_decides(name: str, tmp_path: Path, gates: Gates) -> None:
    """The verdict follows from base's tests wherever the edited ones cannot tell, whatever a look at them finds."""
    files, expected, reasons = CANDIDATES[name]
    sandbox = GitSandbox(tmp_path)
    sandbox.commit({"shop.py": SHOP, FILE: TESTS, "tests/test_aaa.py": FIRST, "conftest.py": ""})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit(files)

    gated = gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))

    findings = {rule.label for rule in FindingRule}
    assert (expected, sorted(reasons)) == (verdict(gated), sorted(set(codes(gated)) - findings))
    assert (gated.evidence(Side.CROSS) is None) is ("repaired" == name)


def test_new_tests_are_run_on_base_code(tmp_path: Path, gates: Gates) -> None:
    """A new test that needs the repair is told from one that passes on base's code as well, in another module too."""
    repaired, other = (
        "def test_repaired():\n    assert 7 == sum(shop.split(7, 2))\n",
        LABEL.replace("test_l", "test_new_l"),
    )
    sandbox = GitSandbox(tmp_path)
    sandbox.commit({"shop.py": SHOP, FILE: TESTS})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit(
        {"shop.py": MENDED, FILE: f"{TESTS}\n\n{repaired}", "tests/test_new.py": f"import shop\n\n\n{other}"}
    )

    gated = gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))

    assert gated.report.delta is not None
    assert (f"{FILE}::test_repaired",) == gated.report.delta[Category.ADDED_PASSING]
    assert ("tests/test_new.py::test_new_label",) == gated.report.delta[Category.PROVES_NOTHING]
    assert "ALLOW" == verdict(gated)


EDITED = "def total(parts):\n    return sum(parts)\n"
WRONG, FASTER = (
    EDITED.replace("sum(parts)", "sum(parts) + 1"),
    EDITED.replace("sum(parts)", "sum(part for part in parts)"),
)
RIGHT = "def right(actual, expected):\n    assert actual == expected\n"
WEAK = RIGHT.replace("actual == expected", "actual is not None")
CLEARER = RIGHT.replace("actual == expected", "actual == expected, (actual, expected)")
CALLS = "from {} import right\nfrom shop import total\n\n\ndef test_total():\n    right(total([1, 2]), 3)\n"
READS = (
    "import json, pathlib\nfrom shop import total\n\n\ndef test_total():\n"
    "    assert total([1, 2]) == json.loads(pathlib.Path(__file__).parent.parent.joinpath({!r}).read_text())\n"
)
CONTRACT = "class Contract:\n    def test_total(self):\n        assert self.total([1, 2]) == 3\n"
SHARED = "from shop import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"

# What base has of the tests, the links there, and the file whose weaker version goes with the wrong code.
OUTSIDE = {
    "checks_at_the_root": ({"kit.py": RIGHT, FILE: CALLS.format("kit")}, {}, {"kit.py": WEAK}, {"kit.py": CLEARER}),
    "checks_in_a_package": (
        {"lib/__init__.py": "", "lib/kit.py": RIGHT, FILE: CALLS.format("lib.kit")},
        {},
        {"lib/kit.py": WEAK},
        {"lib/kit.py": CLEARER},
    ),
    "helper_in_a_folder_of_specs": (
        {"specs/kit.py": RIGHT, "specs/test_shop.py": CALLS.format("kit")},
        {},
        {"specs/kit.py": WEAK},
        {"specs/kit.py": CLEARER, "specs/more.py": "VALUE = 1\n"},
    ),
    "package_of_checks_that_patches": (
        {"checks/__init__.py": "", "checks/test_shop.py": SHARED},
        {},
        {"checks/__init__.py": "import shop\nshop.sum = lambda parts: sum(parts) - 1\n"},
        {"checks/__init__.py": "import shop\n"},
    ),
    "inherited_tests": (
        {
            "lib/contract.py": CONTRACT,
            FILE: "import shop\nfrom lib.contract import Contract\n\n\nclass TestShop(Contract):\n"
            "    total = staticmethod(shop.total)\n",
        },
        {},
        {"lib/contract.py": CONTRACT.replace("== 3", ">= 3")},
        {"lib/contract.py": CONTRACT.replace("self.total([1, 2]) == 3", "3 == self.total([1, 2])")},
    ),
    "imported_tests": (
        {"all_tests.py": SHARED, FILE: "from all_tests import *\n"},
        {},
        {"all_tests.py": SHARED.replace("== 3", ">= 3")},
        {"all_tests.py": SHARED.replace("total([1, 2]) == 3", "3 == total([1, 2])")},
    ),
    "link_to_tests": (
        {"shared/all.py": SHARED},
        {FILE: "../shared/all.py"},
        {"shared/all.py": SHARED.replace("== 3", ">= 3")},
        {"shared/all.py": SHARED.replace("total([1, 2]) == 3", "3 == total([1, 2])")},
    ),
    "link_to_data": (
        {"shared/total.json": "3", FILE: READS.format("tests/data/total.json")},
        {"tests/data": "../shared"},
        {"shared/total.json": "4"},
        {"shared/total.json": "3\n"},
    ),
    "expected_values": (
        {"expected/total.json": "3", FILE: READS.format("expected/total.json")},
        {},
        {"expected/total.json": "4"},
        {"expected/total.json": "3\n", "expected/more.json": "5"},
    ),
}


@pytest.mark.parametrize("honest", [False, True], ids=["weaker", "honest"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_what_belongs_to_the_tests_elsewhere_is_base_as_well(
    name: str, honest: bool, tmp_path: Path, gates: Gates
) -> None:
    """Helpers, shared tests and expected values outside of folders of tests cannot turn a failure green, and an edit of
    them beside one of product that says the same is allowed.
    """
    base, links, weaker, harmless = OUTSIDE[name]
    sandbox = GitSandbox(tmp_path)
    for link, target in links.items():
        (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / link).symlink_to(target)
    sandbox.commit({"shop.py": EDITED, "pytest.ini": "[pytest]\npythonpath = .\n", **base})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit({"shop.py": FASTER, **harmless} if honest else {"shop.py": WRONG, **weaker})

    gated = gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))

    findings = {rule.label for rule in FindingRule}
    expected = ("ALLOW", set()) if honest else ("NEEDS_HUMAN", {"rewritten"})
    assert expected == (verdict(gated), set(codes(gated)) - findings)


def test_what_git_makes_of_expected_values_is_base_as_well(tmp_path: Path, gates: Gates) -> None:
    """Another line end of the data that tests read cannot follow a wrong one of the product."""
    write = "def write(path, lines):\n    path.write_bytes(b''.join(line + b'\\n' for line in lines))\n"
    test = (
        "from pathlib import Path\nfrom out import write\n\n\ndef test_it(tmp_path):\n"
        "    write(tmp_path / 'x', [b'a'])\n"
        "    assert (tmp_path / 'x').read_bytes() == (Path(__file__).parent / 'x.txt').read_bytes()\n"
    )
    sandbox = GitSandbox(tmp_path)
    sandbox.commit({"out.py": write, "tests/test_out.py": test, "tests/x.txt": "a\n", "conftest.py": ""})
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit({"out.py": write.replace("b'\\n'", "b'\\r\\n'"), ".gitattributes": "*.txt text eol=crlf\n"})

    gated = gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))

    assert ("NEEDS_HUMAN", {"protected_path", "rewritten"}) == (verdict(gated), set(codes(gated)))
