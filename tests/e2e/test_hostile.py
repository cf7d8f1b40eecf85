"""What hostile code in the tested process can still do; the README says so. What is still possible is marked."""

from pathlib import Path

import pytest

from autopack_model.gate_request.candidate import CommitCandidate
from tests.builders import GitSandbox
from tests.e2e.gating import Gates, verdict

FAILING = {
    "shop.py": "VALUE = 1\n",
    "test_shop.py": "import shop\ndef test_it(): assert shop.VALUE == 2\ndef test_other(): pass\n",
}
FORGED = """
def runtest(self):
    pass

VALUE = 1
from _pytest.python import Function
import autopack_recorder.binding as ours
for noted in ours._FRAMEWORKS._own.values():
    for key in noted:
        if key == (Function, "runtest"):
            noted[key] = runtest
Function.runtest = runtest
"""
EQUAL = """
class Any(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__

VALUE = Any(1)
"""


BORROWED = "from unittest.mock import ANY\n\nVALUE = ANY\n"
KNOWN = pytest.mark.xfail(strict=True, reason="known: hostile code shares the process with the recorder")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(FORGED, id="the_recorders_notes", marks=KNOWN),
        pytest.param(BORROWED, id="a_borrowed_object_that_equals_everything"),
        pytest.param(EQUAL, id="an_object_that_equals_everything"),
    ],
)
def test_hostile_code_is_not_allowed(gates: Gates, tmp_path: Path, code: str) -> None:
    """Code that forges what the recorder notes, or that makes its own objects equal to all others, is seen."""
    repository = GitSandbox(tmp_path / "repository")
    repository.commit(FAILING)
    repository.git("switch", "--quiet", "--create", "candidate")
    repository.commit({"shop.py": code})

    report = gates.gate(repository.root, candidate=CommitCandidate(revision="candidate"))

    assert "ALLOW" != verdict(report)
