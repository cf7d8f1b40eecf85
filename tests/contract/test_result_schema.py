"""The published schema of results and the vocabulary of the contracts stay the same."""

import json
from pathlib import Path

import jsonschema

from autopack_model.decision.delta import Category
from autopack_model.decision.rules import rule
from autopack_model.decision.value import Condition, Effect, Incomplete, ReasonCode, Severity, Verdict
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState
from autopack_model.finding.value import FindingRule
from autopack_model.identity.value import Side

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "result.schema.json").read_text(encoding="utf-8"))

CODES: list[ReasonCode] = [
    *Category,
    *Condition,
    *FindingRule,
    *(Incomplete(side=side, reason=reason) for side in Side for reason in IncompleteReason),
]


def test_schema_is_a_schema() -> None:
    """The published file is a valid JSON Schema of the draft that it names."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_schema_lists_every_reason_code() -> None:
    """Each category, condition and incompleteness has its code in the schema, and no other code is there."""
    assert sorted(code.label for code in CODES) == sorted(
        SCHEMA["properties"]["reasons"]["items"]["properties"]["code"]["enum"]
    )


def test_schema_lists_every_category() -> None:
    """The delta requires each category, and allows no other key."""
    delta = SCHEMA["properties"]["delta"]

    assert [category.label for category in Category] == delta["required"] == list(delta["properties"])


def test_schema_lists_the_other_vocabularies() -> None:
    """Verdicts, severities, effects, test states and incompleteness reasons are those of the contract."""
    properties, side = SCHEMA["properties"], SCHEMA["$defs"]["side"]["properties"]

    assert [None, *(verdict.name for verdict in Verdict)] == properties["verdict"]["enum"]
    assert [None, *(severity.label for severity in Severity)] == properties["severity"]["enum"]
    assert [effect.label for effect in Effect] == properties["reasons"]["items"]["properties"]["effect"]["enum"]
    assert [state.label for state in TestState] == side["counts"]["required"]
    assert [None, *(reason.label for reason in IncompleteReason)] == side["incomplete_reason"]["enum"]


def test_every_reason_code_has_a_rule() -> None:
    """Each reason code can be explained."""
    assert [] == [code.label for code in CODES if not rule(code)]
