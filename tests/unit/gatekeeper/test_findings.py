"""What the findings of a change do to a decision."""

from dataclasses import replace

import pytest

from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.decision.value import Condition, Effect, Verdict
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from autopack_model.finding.document import findings_digest
from autopack_model.finding.value import Finding, FindingRule, Findings
from autopack_model.policy.default import DEFAULT_POLICY
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import TWO_SIDES, judge

TEST = "tests/test_money.py::test_total"
PASSES = make_evidence({TEST: TestState.PASSED})
FAILS = make_evidence({TEST: TestState.FAILED})


def _changed(findings: Findings, path: str = "tests/test_money.py") -> ChangedFiles:
    file = ChangedFile(path=path, old_path=None, kind=ChangeKind.MODIFIED, lines_added=1, lines_removed=1, binary=False)
    return replace(ChangedFiles.of((file,)), findings=findings)


def _finding(rule: FindingRule, test: str = TEST, line: int = 3) -> Finding:
    return Finding(rule=rule, path="tests/test_money.py", line=line, test=test, before="before", after="after")


@pytest.mark.parametrize("rule", FindingRule)
def test_a_finding_gives_the_reason_that_the_policy_says(rule: FindingRule) -> None:
    """A finding's reason has the rule as its code, the effect of the policy, and the test as its subject."""
    decision = judge(PASSES, PASSES, _changed(Findings(found=(_finding(rule),))), TWO_SIDES)

    effect = DEFAULT_POLICY.findings[rule]
    assert [(rule, effect, (TEST,))] == [(each.code, each.effect, each.subjects) for each in decision.reasons]
    verdicts = {Effect.NOTE: Verdict.ALLOW, Effect.WARN: Verdict.ALLOW, Effect.REVIEW: Verdict.NEEDS_HUMAN}
    assert verdicts[effect] is decision.verdict


def test_findings_of_one_rule_are_one_reason() -> None:
    """The subjects of a reason are the tests once each, and the files of findings that are about no single test."""
    rule = FindingRule.ASSERTION_REMOVED
    found = (_finding(rule, line=1), _finding(rule, line=2), _finding(rule, "", line=3))
    decision = judge(PASSES, PASSES, _changed(Findings(found=found)), TWO_SIDES)

    assert [("tests/test_money.py", TEST)] == [each.subjects for each in decision.reasons]
    assert ["3 assertions of tests are gone"] == [each.message for each in decision.reasons]


def test_a_finding_does_not_lift_a_block() -> None:
    """Beside a test that fails newly a finding is one more reason, and the verdict stays BLOCK."""
    decision = judge(PASSES, FAILS, _changed(Findings(found=(_finding(FindingRule.ASSERTION_REMOVED),))), TWO_SIDES)

    assert Verdict.BLOCK is decision.verdict
    assert {"newly_failing", "assertion_removed"} <= {each.code.label for each in decision.reasons}


def test_files_that_could_not_be_looked_at_are_said() -> None:
    """Where the look for findings was not complete a person has to look at what was left out."""
    decision = judge(PASSES, PASSES, _changed(Findings(problem="a.py is no Python")), TWO_SIDES)

    assert [
        (
            Condition.FINDINGS_INCOMPLETE,
            Effect.REVIEW,
            "the look for findings could not take in all changed files: a.py is no Python",
        )
    ] == [(each.code, each.effect, each.message) for each in decision.reasons]


@pytest.mark.parametrize(("path", "noted"), [("tests/test_money.py", True), ("shop/money.py", False)])
def test_what_became_green_in_an_edited_file_is_noted(path: str, noted: bool) -> None:
    """A test that failed on base and passes on head is named once more where the change edits its file."""
    decision = judge(FAILS, PASSES, _changed(Findings(), path), TWO_SIDES)

    found = [each.subjects for each in decision.reasons if each.code is Condition.PASSING_AND_EDITED]
    assert [(TEST,)] * noted == found
    assert Verdict.ALLOW is decision.verdict


def test_the_findings_have_a_digest_of_their_own() -> None:
    """Other findings give other digests of findings and of changed files, and the decision holds both."""
    one = _changed(Findings(found=(_finding(FindingRule.ASSERTION_REMOVED),)))
    two = _changed(Findings(found=(_finding(FindingRule.ASSERTION_LOOSER),)))
    first, second = judge(PASSES, PASSES, one, TWO_SIDES), judge(PASSES, PASSES, two, TWO_SIDES)

    assert findings_digest(one.findings) == first.findings_digest != second.findings_digest
    assert first.changed_files_digest != second.changed_files_digest
    assert findings_digest(Findings()) != findings_digest(Findings(problem="why"))


def test_a_finding_without_a_text_is_refused() -> None:
    """One of the two texts is needed."""
    with pytest.raises(InvalidValue, match=r"findings\.after"):
        replace(_finding(FindingRule.ASSERTION_REMOVED), before="", after="")


def test_a_finding_on_no_line_is_refused() -> None:
    """Lines count from 1."""
    with pytest.raises(InvalidValue, match=r"findings\.line"):
        replace(_finding(FindingRule.ASSERTION_REMOVED), line=0)


def test_findings_out_of_order_are_refused() -> None:
    """Findings ascend strictly, so that one list of findings has one digest."""
    first, second = (_finding(FindingRule.ASSERTION_REMOVED, line=line) for line in (1, 2))
    with pytest.raises(InvalidValue, match=r"findings: must be strictly ascending"):
        Findings(found=(second, first))


def test_findings_of_unknown_files_are_refused() -> None:
    """Where the changed files are unknown nothing was looked at."""
    with pytest.raises(InvalidValue, match=r"changed_files\.findings"):
        replace(ChangedFiles.unknown("why"), findings=Findings(found=(_finding(FindingRule.ASSERTION_REMOVED),)))
