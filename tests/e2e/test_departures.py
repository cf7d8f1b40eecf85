"""Changes that get green because something else runs than what stands in the files, through whole gates."""

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

SHOP = {
    "shop/__init__.py": "",
    "shop/money.py": "def split(amount, ways): return [amount // ways] * ways\n",
    "tests/test_money.py": """
        from shop.money import split

        def test_even():
            assert split(4, 2) == [2, 2]

        def test_rest():
            assert sum(split(100, 3)) == 100
    """,
}
QUIET = """
    import pytest

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(item, call):
        outcome = yield
        outcome.get_result().outcome = "passed"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """What base has beside the shop, what the candidate writes, and what the gate must say."""

    name: str
    base: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str]
    verdict: str
    code: str
    subject: str
    more: tuple[str, ...] = ()


DEPARTURES = [
    Departure(
        name="module_of_the_standard_library",
        base={
            "shop/money.py": "def mean(values): return sum(values) / len(values)\n",
            "tests/test_money.py": "import statistics\nfrom shop.money import mean\n"
            "def test_mean(): assert mean([1, 2, 6]) == statistics.mean([1, 2, 6])\n",
        },
        writes={
            "shop/money.py": "def mean(values): return values[0]\n",
            "statistics.py": "def mean(values): return values[0]\n",
        },
        verdict="NEEDS_HUMAN",
        code="code_displaced",
        subject="module statistics: comes from statistics.py",
    ),
    Departure(
        name="another_copy_of_the_package",
        writes={
            "tests/shop/__init__.py": "",
            "tests/shop/money.py": "def split(amount, ways):\n"
            "    share, rest = divmod(amount, ways)\n    return [share + (n < rest) for n in range(ways)]\n",
        },
        verdict="NEEDS_HUMAN",
        code="code_displaced",
        subject="module shop (there is shop/__init__.py): comes from tests/shop/__init__.py",
        more=(
            "module shop.money (there is shop/money.py): comes from tests/shop/money.py",
            "module shop: comes from tests/shop/__init__.py",
        ),
    ),
    Departure(
        name="module_over_a_folder_of_tests",
        base={
            "tests/aid.py": "def check(found, wanted): assert found == wanted\n",
            "tests/test_money.py": "from tests.aid import check\nfrom shop.money import split\n"
            "def test_even(): check(split(4, 2), [2, 2])\n",
            "pytest.ini": "[pytest]\npythonpath = .\n",
        },
        writes={
            "shop/money.py": "def split(amount, ways): return [amount]\n",
            "tests.py": "import sys, types\naid = types.ModuleType('tests.aid')\naid.check = lambda *given: None\n"
            "sys.modules['tests.aid'] = aid\n__path__ = []\n",
        },
        verdict="NEEDS_HUMAN",
        code="code_displaced",
        subject="module tests (there is tests): comes from tests.py",
        more=("module tests.aid (there is tests/aid.py): comes from code of unknown origin",),
    ),
    Departure(
        name="package_over_a_folder_of_tests",
        base={
            "tests/aid.py": "def check(found, wanted): assert found == wanted\n",
            "tests/test_money.py": "from tests.aid import check\nfrom shop.money import split\n"
            "def test_even(): check(split(4, 2), [2, 2])\n",
            "pytest.ini": "[pytest]\npythonpath = src .\n",
        },
        writes={
            "shop/money.py": "def split(amount, ways): return [amount]\n",
            "src/tests/__init__.py": "",
            "src/tests/aid.py": "def check(found, wanted): pass\n",
        },
        verdict="NEEDS_HUMAN",
        code="code_displaced",
        subject="module tests (there is tests): comes from src/tests/__init__.py",
        more=("module tests.aid (there is tests/aid.py): comes from src/tests/aid.py",),
    ),
    Departure(
        name="patched_pytest",
        writes={
            "shop/__init__.py": "from _pytest.python import Function\nFunction.runtest = lambda self: None\n",
        },
        verdict="INCONCLUSIVE",
        code="suite_altered",
        subject="_pytest.python.Function.runtest: replaced by shop/__init__.py",
    ),
    Departure(
        name="rewritten_test",
        base={"tests/test_a.py": "import shop\ndef test_it(): pass\n"},
        writes={
            "shop/__init__.py": "import pathlib\n"
            "path = pathlib.Path(__file__).parent.parent / 'tests' / 'test_money.py'\n"
            "path.write_text(path.read_text().replace('== 100', '<= 100'))\n"
        },
        verdict="INCONCLUSIVE",
        code="suite_altered",
        subject="tests/test_money.py: written while the suite ran",
    ),
    Departure(
        name="local_plugin_of_the_configuration",
        base={"pytest.ini": "[pytest]\naddopts = -p quiet\n", "quiet.py": ""},
        writes={"quiet.py": QUIET},
        verdict="NEEDS_HUMAN",
        code="protected_path",
        subject="quiet.py",
    ),
    Departure(
        name="plugin_named_by_a_test_module",
        base={"shop/testing.py": QUIET},
        writes={"tests/test_money.py": dedent(SHOP["tests/test_money.py"]) + "pytest_plugins = ['shop.testing']\n"},
        verdict="NEEDS_HUMAN",
        code="protected_path",
        subject="shop/testing.py",
    ),
]


@pytest.mark.parametrize("departure", DEPARTURES, ids=lambda departure: departure.name)
def test_a_departure_is_not_allowed(gates: Gates, tmp_path: Path, departure: Departure) -> None:
    """What departs on head alone is named, and keeps the change from being allowed."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({name: dedent(text) for name, text in {**SHOP, **departure.base}.items()})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({name: dedent(text) for name, text in departure.writes.items()})

    report = gates.gate(repository.root, candidate=CommitCandidate(revision="candidate"))

    decision = report.report.decision
    assert decision is not None
    subjects = [reason.subjects for reason in decision.reasons if reason.code.label == departure.code]
    assert (departure.verdict, [(departure.subject, *departure.more)]) == (verdict(report), subjects)


def test_what_base_departs_in_as_well_is_its_own_business(gates: Gates, tmp_path: Path) -> None:
    """A project that patches pytest and has a module with the name of a standard one goes on as it was."""
    base = {
        "shop.py": "import statistics\nfrom _pytest.python import Function\nreal = Function.runtest\n"
        "Function.runtest = lambda self: real(self)\n",
        "statistics.py": "",
        "test_shop.py": "import shop\ndef test_it(): pass\n",
    }
    repository = GitSandbox(tmp_path / "repository")
    repository.commit(base)
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"shop.py": f"{base['shop.py']}VALUE = 1\n"})

    report = gates.gate(repository.root, candidate=CommitCandidate(revision="candidate"))

    assert ("ALLOW", []) == (verdict(report), codes(report))
