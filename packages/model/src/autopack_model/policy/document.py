"""The JSON documents of policies and waivers, and their digests. Keys are stable."""

from collections.abc import Iterable

from autopack_model.canonical import Json
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition
from autopack_model.digest import digest_document
from autopack_model.finding.value import FindingRule
from autopack_model.policy.value import INCOMPLETES, PATTERN_LISTS, Policy
from autopack_model.policy.waiver import Waiver


def policy_document(policy: Policy) -> dict[str, Json]:
    """All of the policy's data."""
    categories = {category.label: policy.categories[category] for category in Category}
    return {
        "schema": "autopack.policy/1",
        "categories": {label: None if effect is None else effect.label for label, effect in categories.items()},
        "conditions": {condition.label: policy.conditions[condition].label for condition in Condition},
        "incomplete": {cause.label: policy.incomplete[cause].label for cause in INCOMPLETES},
        "findings": {rule.label: policy.findings[rule].label for rule in FindingRule},
        **{name: list(getattr(policy, name)) for name in PATTERN_LISTS},
        "min_tests": policy.min_tests,
        "max_new_skips": policy.max_new_skips,
    }


def policy_digest(policy: Policy) -> str:
    """The digest of all of the policy's data."""
    return digest_document(policy_document(policy))


def waiver_document(waiver: Waiver) -> dict[str, Json]:
    """Every field of a waiver."""
    return {
        "category": waiver.code.label,
        "subjects": waiver.subjects,
        "reason": waiver.reason,
        "approver": waiver.approver,
        "expires": waiver.expires.isoformat(),
    }


def waivers_digest(waivers: Iterable[Waiver]) -> str:
    """The digest of the waivers that a decision was derived from, in their order."""
    return digest_document({"schema": "autopack.waivers/1", "waivers": [waiver_document(each) for each in waivers]})
