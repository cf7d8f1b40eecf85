"""Gates of small real suites on which equal sides prove nothing, or different names prove no harm."""

import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

PARTLY = """
import pytest
def test_split(subtests):
    for ways in (1, 2):
        with subtests.test(ways=ways):
            if ways == 1:
                pytest.skip("nothing to split")
"""
RANDOM = """
import uuid
import pytest
@pytest.mark.parametrize("number", range(3), ids=lambda number: str(uuid.uuid4()))
def test_number(number):
    assert number != 1
"""
NAMED = """
import pytest
@pytest.mark.parametrize("number", [1, 2, 3]{names})
def test_number(number):
    assert number != 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The files of base, those that head changes (None is deleted), and what the gate has to say. The suite needs a
    plugin where ``plugins`` says so.
    """

    base: dict[str, str]
    head: dict[str, str | None]
    verdict: str
    codes: list[str] = field(default_factory=list)
    arguments: tuple[str, ...] = ()
    plugins: bool = False


FINE = {"test_fine.py": "def test_fine(): pass\n", "product.py": "VALUE = 1\n"}
CHANGED: dict[str, str | None] = {"product.py": "VALUE = 2\n"}
CASES = {
    "a partly muted test is deleted": Case(
        base=FINE | {"test_partly.py": PARTLY},
        head={"test_partly.py": None},
        verdict="BLOCK",
        codes=["removed"],
    ),
    "one more subtest is muted": Case(
        base=FINE | {"test_partly.py": PARTLY},
        head={"test_partly.py": PARTLY.replace("ways == 1", "ways < 3")},
        verdict="BLOCK",
        codes=["newly_muted"],
    ),
    "a failing test is given reruns": Case(
        base=FINE | {"test_bad.py": "import product\ndef test_bad(): assert product.VALUE == 2\n"},
        head=CHANGED
        | {
            "test_bad.py": "import pytest\nimport product\n"
            "@pytest.mark.flaky(reruns=5)\ndef test_bad(): assert product.VALUE == 2\n"
        },
        verdict="NEEDS_HUMAN",
        codes=["passes_with_new_reruns", "retry_added"],
        plugins=True,
    ),
    "a passing test is given reruns": Case(
        base=FINE,
        head={"test_fine.py": "import pytest\n@pytest.mark.flaky(reruns=5)\ndef test_fine(): pass\n"},
        verdict="ALLOW",
        codes=["new_reruns", "retry_added"],
        plugins=True,
    ),
    "every test needs what the sides lack": Case(
        base={"test_db.py": "import os\ndef test_db(): os.environ['NO_SUCH_DATABASE']\n", "product.py": "VALUE = 1\n"},
        head=CHANGED,
        verdict="NEEDS_HUMAN",
        codes=["nothing_passes"],
    ),
    "a selection selects nothing": Case(
        base=FINE, head=CHANGED, verdict="NEEDS_HUMAN", codes=["nothing_selected"], arguments=("-k", "typo")
    ),
    "the code is of another language": Case(
        base={"app.js": "let value = 1\n"},
        head={"app.js": "let value = 2\n"},
        verdict="NEEDS_HUMAN",
        codes=["unmeasured_change", "zero_tests_on_both"],
    ),
    "head repairs a usage error of base": Case(
        base=FINE | {"pytest.ini": "[pytest]\naddopts = --no-such-option\n"},
        head={"pytest.ini": "[pytest]\naddopts = -q\n"},
        verdict="NEEDS_HUMAN",
        codes=["base_repaired", "protected_path"],
    ),
    "a revert mends modules, one of them without tests": Case(
        base=FINE
        | {
            "product.py": "raise ImportError\n",
            "test_base.py": "import product\nclass Base: pass\n",
            "test_one.py": "import product\ndef test_one(): pass\n",
        },
        head=CHANGED,
        verdict="ALLOW",
    ),
    "a module that could not be collected is emptied": Case(
        base=FINE | {"test_lost.py": "import product.nothing\ndef test_lost(): assert False\n"},
        head={"test_lost.py": "# to do\n"},
        verdict="NEEDS_HUMAN",
        codes=["collected_empty"],
    ),
    "a module is shadowed on both sides": Case(
        base=FINE | {"a/test_x.py": "def test_x(): pass\n", "b/test_x.py": "def test_x(): pass\n"},
        head=CHANGED,
        verdict="ALLOW",
        codes=["shadowed_module"],
    ),
    "a package is missing on both sides": Case(
        base=FINE | {"test_optional.py": "import no_such_package\ndef test_it(): pass\n"},
        head=CHANGED,
        verdict="BLOCK",
        codes=["persistent_collection_error"],
    ),
    "one of some random ids has always failed": Case(
        base=FINE | {"test_random.py": RANDOM}, head=CHANGED, verdict="ALLOW", codes=["reparametrised"]
    ),
    "parameters get names while one fails": Case(
        base=FINE | {"test_named.py": NAMED.format(names="")},
        head={"test_named.py": NAMED.format(names=", ids=['one', 'two', 'three']")},
        verdict="ALLOW",
        codes=["reparametrised"],
    ),
    "a failing test moves with its file": Case(
        base=FINE | {"tests/test_old.py": "class Odd(Exception): pass\ndef test_it():\n    raise Odd(Odd())\n"},
        head={
            "tests/test_old.py": None,
            "spec/test_new.py": "class Odd(Exception): pass\ndef test_it():\n    raise Odd(Odd())\n",
        },
        verdict="ALLOW",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=[name.replace(" ", "_") for name in CASES])
def test_the_answer_is_right(gates: Gates, tmp_path: Path, case: Case) -> None:
    """The gate blames nobody for what both sides have, and lets nothing pass that it has not seen."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit({name: textwrap.dedent(text) for name, text in case.base.items()})
    repository.git("switch", "--quiet", "--create", "candidate")
    for name, text in case.head.items():
        if text is None:
            (repository.root / name).unlink()
    repository.commit({name: text for name, text in case.head.items() if text is not None})
    report = gates.gate(
        repository.root,
        candidate=CommitCandidate(revision="candidate"),
        arguments=case.arguments,
        interpreter=Path(sys.executable) if case.plugins else None,
    )
    assert (case.verdict, case.codes) == (verdict(report), codes(report))


def test_a_group_for_parallel_runs_is_no_other_test(gates: Gates, tmp_path: Path) -> None:
    """A mark that only says where a test runs changes no name."""
    pytest.importorskip("xdist")
    repository = GitSandbox(tmp_path / "repository")
    repository.commit(FINE | {"pytest.ini": "[pytest]\naddopts = -n 2 --dist loadgroup\n"})
    repository.git("switch", "--quiet", "--create", "candidate")
    marked = "import pytest\n\n@pytest.mark.xdist_group('db')\n" + FINE["test_fine.py"]
    repository.commit({"test_fine.py": marked})
    report = gates.gate(
        repository.root, candidate=CommitCandidate(revision="candidate"), interpreter=Path(sys.executable)
    )
    assert ("ALLOW", []) == (verdict(report), codes(report))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-k", "fine"), "-k fine left out 1 of 2 tests on base and 1 of 2 tests on head"),
        (("--deselect", "test_sad.py::test_sad"), "left out 1 of 2 tests on base and 1 of 2 tests on head"),
        (("test_fine.py",), "what test_fine.py leaves out was not collected, and is not counted"),
    ],
)
def test_a_selection_that_hides_a_regression_is_said(
    gates: Gates, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """The operator may select tests; the decision says that there are others, of which nothing is known."""
    repository = GitSandbox(tmp_path / "repository")
    sad = "import product\ndef test_sad(): assert product.VALUE == 1\n"
    repository.commit({**FINE, "test_sad.py": sad})
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"product.py": "VALUE = 2\n"})
    report = gates.gate(repository.root, candidate=CommitCandidate(revision="candidate"), arguments=arguments)
    decision = report.report.decision
    assert decision is not None
    assert ("ALLOW", ["tests_left_out"]) == (verdict(report), [reason.code.label for reason in decision.reasons])
    assert message in decision.reasons[0].message
