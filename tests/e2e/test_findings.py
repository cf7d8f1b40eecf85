"""What a look at the changed files shows is in the decision, the result and the explanation."""

import io
from pathlib import Path

import pytest

from autopack_cli.explaining.explanation import explain
from autopack_cli.render.explained import print_explanation
from autopack_cli.render.summary import print_summary
from autopack_clients.report import FullReport
from autopack_model.gate_request.candidate import CommitCandidate
from autopack_model.report.document import report_document
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, codes, verdict

TEST = "from shop import split\n\n\ndef test_split():\n    assert split(100, 3) == [34, 33, 33]\n"
BROKEN = "def split(amount, ways):\n    return [amount // ways] * ways\n"
RIGHT = "def split(amount, ways):\n    return [amount // ways + (n < amount % ways) for n in range(ways)]\n"
BASE = {"pytest.ini": "[pytest]\npythonpath = .\n", "shop.py": BROKEN, "tests/test_shop.py": TEST}


def _gated(tmp_path: Path, gates: Gates, files: dict[str, str]) -> FullReport:
    sandbox = GitSandbox(tmp_path)
    sandbox.commit(BASE)
    sandbox.git("switch", "--quiet", "--create", "candidate")
    sandbox.commit(files)
    return gates.gate(sandbox.root, candidate=CommitCandidate(revision="candidate"))


def test_product_code_that_asks_whether_it_is_tested_needs_a_person(tmp_path: Path, gates: Gates) -> None:
    """The finding makes the verdict NEEDS_HUMAN, and the result and the explanation say where it is."""
    asking = "import sys\n\n\n" + RIGHT.replace(
        "    return", "    if 'pytest' not in sys.modules:\n        return [0]\n    return"
    )
    gated = _gated(tmp_path, gates, {"shop.py": asking})

    text = io.StringIO()
    print_explanation(explain(gated), text, color=False)
    assert ("NEEDS_HUMAN", ["test_detected"]) == (verdict(gated), codes(gated))
    assert [
        {
            "rule": "test_detected",
            "path": "shop.py",
            "line": 5,
            "test": "",
            "before": "",
            "after": "'pytest' not in sys.modules",
        }
    ] == report_document(gated.report)["findings"]
    assert "  - shop.py:5\n      after:  'pytest' not in sys.modules\n" in text.getvalue()


def test_an_assertion_that_cannot_fail_needs_a_person(tmp_path: Path, gates: Gates) -> None:
    """A test that is green only because its assertion cannot fail is not ALLOW, and both texts are shown."""
    gated = _gated(tmp_path, gates, {"tests/test_shop.py": TEST.replace("33]", "33] or True")})

    text = io.StringIO()
    print_explanation(explain(gated), text, color=False)
    assert "NEEDS_HUMAN" == verdict(gated)
    assert "assertion_vacuous" in codes(gated)
    assert (
        "  - tests/test_shop.py:5 tests/test_shop.py::test_split\n"
        "      before: assert split(100, 3) == [34, 33, 33]\n"
        "      after:  assert split(100, 3) == [34, 33, 33] or True\n"
    ) in text.getvalue()


@pytest.mark.parametrize("edited", [False, True])
def test_an_allow_names_what_became_green_and_whether_it_was_edited(tmp_path: Path, gates: Gates, edited: bool) -> None:
    """The summary of an honest repair names the tests that became green, and those whose file the change edits."""
    more = {"tests/test_shop.py": f"{TEST}    assert split(9, 3) == [3, 3, 3]\n"} if edited else {}
    gated = _gated(tmp_path, gates, {"shop.py": RIGHT, **more})

    text = io.StringIO()
    print_summary(gated.report, {}, text, color=False)
    assert ("ALLOW", []) == (verdict(gated), codes(gated))
    assert "newly_passing" in text.getvalue()
    assert "    tests/test_shop.py::test_split\n" in text.getvalue()
    assert edited == ("passing_and_edited" in text.getvalue())
