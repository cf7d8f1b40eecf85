"""Policies, waivers and terms on the wire. Every reader names the field that it refuses."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from autopack.results.v1 import decision_pb2, finding_pb2, policy_pb2, suite_run_pb2
from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete
from autopack_model.errors import InvalidValue, within
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.fields import given, read_enum, require
from autopack_model.finding.value import FindingRule
from autopack_model.identity.wire import side_from_wire, side_to_wire
from autopack_model.policy.terms import Terms
from autopack_model.policy.value import Policy
from autopack_model.policy.waiver import WaivableCode, Waiver

CodeT = TypeVar("CodeT")
EffectT = TypeVar("EffectT")


def terms_to_wire(terms: Terms) -> policy_pb2.Terms:
    """The message of terms."""
    return policy_pb2.Terms(
        policy=policy_to_wire(terms.policy),
        waivers=[waiver_to_wire(waiver) for waiver in terms.waivers],
        day=terms.day.isoformat(),
        source=terms.source,
    )


def terms_from_wire(message: policy_pb2.Terms) -> Terms:
    """The terms. Raises InvalidValue."""
    require(message, "policy", "terms.policy")
    return Terms(
        policy=policy_from_wire(message.policy),
        waivers=tuple(waiver_from_wire(each) for each in message.waivers),
        day=day_from_wire(message.day, "terms.day"),
        source=message.source,
    )


def policy_to_wire(policy: Policy) -> policy_pb2.Policy:
    """The message of a policy; its entries in the order of their numbers."""
    return policy_pb2.Policy(
        categories=[
            policy_pb2.CategoryEffect(
                category=decision_pb2.Category.ValueType(category.value),
                effect=None if effect is None else _effect_to_wire(effect),
            )
            for category, effect in sorted(policy.categories.items())
        ],
        conditions=[
            policy_pb2.ConditionEffect(
                condition=decision_pb2.Condition.ValueType(condition.value), effect=_effect_to_wire(effect)
            )
            for condition, effect in sorted(policy.conditions.items())
        ],
        incomplete=[
            policy_pb2.IncompleteEffect(incomplete=_incomplete_to_wire(cause), effect=_effect_to_wire(effect))
            for cause, effect in sorted(policy.incomplete.items(), key=lambda item: (item[0].side, item[0].reason))
        ],
        findings=[
            policy_pb2.FindingEffect(rule=finding_pb2.FindingRule.ValueType(rule.value), effect=_effect_to_wire(effect))
            for rule, effect in sorted(policy.findings.items())
        ],
        protected_paths=policy.protected_paths,
        unprotected_paths=policy.unprotected_paths,
        test_paths=policy.test_paths,
        product_paths=policy.product_paths,
        ignored_paths=policy.ignored_paths,
        backup_patterns=policy.backup_patterns,
        test_data_paths=policy.test_data_paths,
        unmeasured_patterns=policy.unmeasured_patterns,
        min_tests=policy.min_tests,
        max_new_skips=policy.max_new_skips,
    )


def policy_from_wire(message: policy_pb2.Policy) -> Policy:
    """The policy. Raises InvalidValue, also for an effect that is weaker than its floor."""
    return Policy(
        categories=_once(
            "policy.categories",
            (
                (
                    read_enum(Category, each.category, "policy.categories.category"),
                    given(each.HasField("effect"), each.effect, lambda number: _effect(number, "policy.categories")),
                )
                for each in message.categories
            ),
        ),
        conditions=_once(
            "policy.conditions",
            (
                (
                    read_enum(Condition, each.condition, "policy.conditions.condition"),
                    _effect(each.effect, "policy.conditions"),
                )
                for each in message.conditions
            ),
        ),
        incomplete=_once(
            "policy.incomplete",
            (
                (_incomplete_from_wire(each.incomplete), _effect(each.effect, "policy.incomplete"))
                for each in message.incomplete
            ),
        ),
        findings=_once(
            "policy.findings",
            (
                (read_enum(FindingRule, each.rule, "policy.findings.rule"), _effect(each.effect, "policy.findings"))
                for each in message.findings
            ),
        ),
        protected_paths=tuple(message.protected_paths),
        unprotected_paths=tuple(message.unprotected_paths),
        test_paths=tuple(message.test_paths),
        product_paths=tuple(message.product_paths),
        ignored_paths=tuple(message.ignored_paths),
        backup_patterns=tuple(message.backup_patterns),
        test_data_paths=tuple(message.test_data_paths),
        unmeasured_patterns=tuple(message.unmeasured_patterns),
        min_tests=given(message.HasField("min_tests"), message.min_tests),
        max_new_skips=given(message.HasField("max_new_skips"), message.max_new_skips),
    )


def waiver_to_wire(waiver: Waiver) -> policy_pb2.Waiver:
    """The message of a waiver."""
    message = policy_pb2.Waiver(
        subjects=waiver.subjects,
        reason=waiver.reason,
        approver=waiver.approver,
        expires=waiver.expires.isoformat(),
    )
    match waiver.code:
        case Category():
            message.category = decision_pb2.Category.ValueType(waiver.code.value)
        case Condition():
            message.condition = decision_pb2.Condition.ValueType(waiver.code.value)
        case FindingRule():
            message.finding = finding_pb2.FindingRule.ValueType(waiver.code.value)
    return message


def waiver_from_wire(message: policy_pb2.Waiver) -> Waiver:
    """The waiver. Raises InvalidValue."""
    code: WaivableCode
    match message.WhichOneof("code"):
        case "category":
            code = read_enum(Category, message.category, "waivers.category")
        case "condition":
            code = read_enum(Condition, message.condition, "waivers.condition")
        case "finding":
            code = read_enum(FindingRule, message.finding, "waivers.finding")
        case None:
            raise InvalidValue("waivers.code", "is not given")
    with within("waivers"):
        return Waiver(
            code=code,
            subjects=message.subjects,
            reason=message.reason,
            approver=message.approver,
            expires=day_from_wire(message.expires, "expires"),
        )


def day_from_wire(text: str, path: str) -> date:
    """The date that ``text`` is, YYYY-MM-DD. Raises InvalidValue."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidValue(path, f"{text[:80]!r} is not a date; write YYYY-MM-DD") from error
    if day.isoformat() != text:
        raise InvalidValue(path, f"{text[:80]!r} is not a date as it has to be written, {day.isoformat()}")
    return day


def _effect_to_wire(effect: Effect) -> decision_pb2.Effect.ValueType:
    return decision_pb2.Effect.ValueType(effect.value)


def _effect(number: int, path: str) -> Effect:
    return read_enum(Effect, number, f"{path}.effect")


def _incomplete_to_wire(code: Incomplete) -> decision_pb2.Incomplete:
    number = suite_run_pb2.IncompleteReason.ValueType(code.reason.value)
    return decision_pb2.Incomplete(side=side_to_wire(code.side), reason=number)


def _incomplete_from_wire(message: decision_pb2.Incomplete) -> Incomplete:
    return Incomplete(
        side=side_from_wire(message.side, "policy.incomplete.side"),
        reason=read_enum(IncompleteReason, message.reason, "policy.incomplete.reason"),
    )


def _once(path: str, entries: Iterable[tuple[CodeT, EffectT]]) -> Mapping[CodeT, EffectT]:
    found: dict[CodeT, EffectT] = {}
    for code, effect in entries:
        if code in found:
            raise InvalidValue(path, "have two entries for one code")
        found[code] = effect
    return found
