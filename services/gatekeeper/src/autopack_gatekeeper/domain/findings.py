"""The reasons that the findings of a change give."""

from collections.abc import Iterator

from autopack_model.decision.messages import finding_message
from autopack_model.decision.value import Reason
from autopack_model.finding.value import FindingRule, Findings
from autopack_model.policy.value import Policy


def finding_reasons(findings: Findings, policy: Policy) -> Iterator[Reason]:
    """A reason for each rule that found something. Its subjects are the tests, and the files that have findings which
    are about no single test.
    """
    for rule in FindingRule:
        found = [each for each in findings.found if each.rule is rule]
        if found:
            yield Reason(
                code=rule,
                effect=policy.findings[rule],
                subjects=tuple(sorted({each.subject for each in found})),
                message=finding_message(rule, len(found)),
            )
