"""``docs/rules.md`` says what the rules are."""

import re

import pytest

from autopack_gatekeeper.domain.matrix import MATRIX
from autopack_model.decision.delta import Category
from autopack_model.decision.messages import category_message
from autopack_model.decision.rules import rule
from autopack_model.decision.value import Condition, Verdict
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.policy.default import DEFAULT_POLICY
from dev.checks.document_rules import PAGE, document


def test_the_page_is_current() -> None:
    """The committed page is the one that would be written."""
    assert document() == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [*Category, *Condition], ids=lambda code: str(code.label))
def test_every_code_has_a_line_with_its_rule_and_effect(code: Category | Condition) -> None:
    """Each category and condition stands in a table with its rule, and with its default effect where it has one."""
    effect = DEFAULT_POLICY.categories[code] if isinstance(code, Category) else DEFAULT_POLICY.conditions[code]
    (line,) = re.findall(rf"^\| `{code.label}` \|.*$", document(), re.MULTILINE)
    assert rule(code)[1:] in line
    assert ("no reason" if effect is None else effect.label) in line


def test_every_cell_of_the_matrix_and_every_cause_is_there() -> None:
    """No transition and no cause of incompleteness is left out."""
    page = document()
    names = [*(category.label for category in MATRIX.values()), *(cause.label for cause in IncompleteReason)]
    assert [] == [name for name in names if f"`{name}`" not in page]


def test_every_verdict_has_its_exit_code() -> None:
    """The exit code stands beside the verdict."""
    page = document()
    assert [] == [each.name for each in Verdict if f"| {each.name} | {each.exit_code} |" not in page]


def test_every_message_is_for_one_or_many() -> None:
    """One subject is spoken of in the singular, no and several subjects in the plural."""
    told = [category_message(Category.REPARAMETRISED, n) for n in (0, 1, 2)]
    assert [
        "0 test ids differ only in their parameters, and their functions do no worse on head",
        "1 test id differs only in its parameters, and the function does no worse on head",
        "2 test ids differ only in their parameters, and their functions do no worse on head",
    ] == told
