"""Findings on the wire."""

from typing import TYPE_CHECKING

from autopack.results.v1 import finding_pb2
from autopack_model.fields import read_enum
from autopack_model.finding.value import Finding, FindingRule

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _rule: finding_pb2.FindingRule.Members = FindingRule


def finding_to_wire(finding: Finding) -> finding_pb2.Finding:
    """The message of a finding."""
    return finding_pb2.Finding(
        rule=finding_rule_to_wire(finding.rule),
        path=finding.path,
        line=finding.line,
        test=finding.test,
        before=finding.before,
        after=finding.after,
    )


def finding_from_wire(message: finding_pb2.Finding) -> Finding:
    """The finding of a message. Raises InvalidValue."""
    return Finding(
        rule=finding_rule_from_wire(message.rule, "findings.rule"),
        path=message.path,
        line=message.line,
        test=message.test,
        before=message.before,
        after=message.after,
    )


def finding_rule_to_wire(rule: FindingRule) -> finding_pb2.FindingRule.ValueType:
    """The number of ``rule``."""
    return finding_pb2.FindingRule.ValueType(rule.value)


def finding_rule_from_wire(number: int, path: str) -> FindingRule:
    """The rule with ``number``. Raises InvalidValue, which names the field ``path``."""
    return read_enum(FindingRule, number, path)
