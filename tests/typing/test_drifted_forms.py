"""The old shape does not type-check: each line of drifted_forms.py that is marked needs its mark."""

from dev.contracts.generate import ROOT
from tests.typing.contract_copy import CONSUMERS, ContractCopy, Edit

FORMS = "tests/typing/drifted_forms.py"


def test_every_drifted_form_is_a_type_error(contract: ContractCopy) -> None:
    """The type checker neither finds an error that is not marked, nor a mark that is not needed."""
    found = [problem for problem in contract.check(files=[*CONSUMERS, FORMS]) if problem.file == FORMS]

    assert [] == found


def test_a_drifted_form_that_passes_again_is_reported(contract: ContractCopy) -> None:
    """A contract that took up a field of the old shape would leave a mark without an error."""
    edit = Edit(
        file="autopack/results/v1/builder_result.proto",
        old="  string notes = 11;",
        new="  string notes = 11;\n  string output = 12;",
    )
    line = next(
        number
        for number, text in enumerate((ROOT / FORMS).read_text().splitlines(), start=1)
        if "message.output = " in text
    )
    found = [problem for problem in contract.check([edit], [*CONSUMERS, FORMS]) if problem.file == FORMS]

    assert (line, "unused-ignore") in [(problem.line, problem.code) for problem in found]
