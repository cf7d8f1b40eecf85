"""Auditor results of the old shape: placed whole, or refused with every pointer that has no place."""

import json

import pytest

from autopack_bridge.reading.refusal import OldResultRefused
from autopack_model.auditor_result.value import AuditorResult, Confidence, Recommendation
from autopack_model.canonical import Json
from tests.contract.legacy_case import legacy_case, legacy_names, mapped, refused_pointers

MINIMAL = legacy_case("auditor_minimal")


def _with(**members: Json) -> AuditorResult:
    payload = json.dumps({**json.loads(MINIMAL.payload), **members}).encode()
    result = mapped("auditor", payload, MINIMAL.spec)
    assert isinstance(result, AuditorResult)
    return result


def _refused(**members: Json) -> tuple[str, ...]:
    with pytest.raises(OldResultRefused) as caught:
        _with(**members)
    return refused_pointers(caught.value)


@pytest.mark.parametrize("name", legacy_names("auditor"))
def test_golden_auditor_result(name: str) -> None:
    """Each golden payload becomes exactly the typed result, or names exactly the pointers, that stand beside it."""
    case = legacy_case(name)

    assert (case.expected or case.refused) == case.outcome()


@pytest.mark.parametrize("recommendation", list(Recommendation))
def test_all_three_recommendations(recommendation: Recommendation) -> None:
    """Each recommendation of the contract has its old word, in lower case."""
    assert recommendation is _with(recommendation=recommendation.label).recommendation


@pytest.mark.parametrize("word", ["reject", "unknown", "APPROVE", "approved", "", None, True, 1, ["approve"]])
def test_a_fourth_recommendation_is_refused(word: Json) -> None:
    """Whatever is none of the three words is refused by its pointer."""
    assert ("/recommendation",) == _refused(recommendation=word)


@pytest.mark.parametrize("approved", ["true", 1, None, 1.0])
def test_approval_is_a_boolean(approved: Json) -> None:
    """Approval that is not a boolean is refused by its pointer, also beside a recommendation."""
    assert ("/approved",) == _refused(approved=approved)


@pytest.mark.parametrize("confidence", list(Confidence))
def test_confidence(confidence: Confidence) -> None:
    """Each confidence of the contract has its old word; no confidence is unknown."""
    assert confidence is _with(confidence=confidence.label).confidence
    assert _with(confidence=None).confidence is None
    assert _with().confidence is None


def test_an_issue_that_does_not_say_who_found_it_was_found_by_the_auditor() -> None:
    """The list says who found its issues; what else is missing is not made up."""
    issue: dict[str, Json] = {"issue_key": "k", "severity": "high", "category": "security"}

    assert "auditor" == _with(issues_found=[issue]).issues_found[0].source.label
    assert ("/issues_found/0/category", "/issues_found/0/issue_key", "/issues_found/0/severity") == _refused(
        issues_found=[{}]
    )
