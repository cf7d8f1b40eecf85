"""Write ``docs/rules.md`` from the matrix, the conditions and the default policy, or check that it is current.

Usage: ``python -m dev.checks.document_rules [--check]``. Exit code 1 when, with ``--check``, the page differs.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from autopack_gatekeeper.domain.decide import SEVERITIES
from autopack_gatekeeper.domain.matrix import BAD_TRANSITIONS, MATRIX, Group, group_of
from autopack_model.decision.delta import COLLECTOR_CATEGORIES, Category
from autopack_model.decision.rules import (
    CAUSES,
    rule,
)
from autopack_model.decision.value import VERDICTS, Condition, Effect, Incomplete, Severity, Verdict
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState
from autopack_model.finding.value import FindingRule
from autopack_model.identity.value import Side
from autopack_model.policy.default import DEFAULT_POLICY
from autopack_model.policy.floors import CATEGORY_FLOORS, CONDITION_FLOORS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"

_SHOWN = [group for group in Group if group is not Group.NOT_RUN]
_BESIDE_STATES = {
    Group.UNCOLLECTED: "its module or package could not be collected on this side",
    Group.ABSENT: "it is not there on this side",
}
_OTHER_EXITS = (
    ("the command was used wrongly", 2),
    ("Autopack itself failed", 70),
    ("the run was cancelled", 130),
)


def document() -> str:
    """The page, ending with a line feed."""
    return (
        "\n\n".join(
            [
                _INTRODUCTION,
                "## Verdict",
                _VERDICT,
                _table(["strongest effect", "verdict", "exit code"], _verdicts()),
                _table(["no verdict", "exit code"], ([why, str(code)] for why, code in _OTHER_EXITS)),
                "## States of a test",
                _STATES,
                _table(["group", "states"], ([group.value, _states(group)] for group in _SHOWN)),
                "## Transition matrix",
                _MATRIX,
                _table(
                    ["base \\ head", *(head.value for head in _SHOWN)], ([base.value, *_cells(base)] for base in _SHOWN)
                ),
                "## Categories",
                _CATEGORIES,
                _table(
                    ["category", "rule", "default effect", "at least", "counts for the severity"],
                    map(_category, Category),
                ),
                "## Severity",
                _SEVERITY,
                _table(["bad transitions and collection errors", "severity"], _severities()),
                "## Suite conditions",
                _CONDITIONS,
                _table(["condition", "rule", "default effect", "at least"], map(_condition, Condition)),
                "## Incomplete suite runs",
                _INCOMPLETE,
                _table(["cause", "the suite run ...", "on base", "on head"], map(_cause, IncompleteReason)),
                "## Findings",
                _FINDINGS,
                _table(["finding", "rule", "default effect"], map(_finding, FindingRule)),
                "## Protected paths",
                _PROTECTED,
                "\n".join(f"- `{pattern}`" for pattern in DEFAULT_POLICY.protected_paths),
                "## Backup files",
                _BACKUP,
                "\n".join(f"- `{pattern}`" for pattern in DEFAULT_POLICY.backup_patterns),
                _TEST_DATA,
                "\n".join(f"- `{pattern}`" for pattern in DEFAULT_POLICY.test_data_paths),
            ]
        )
        + "\n"
    )


def _verdicts() -> Iterable[list[str]]:
    yield ["none", Verdict.ALLOW.name, str(Verdict.ALLOW.exit_code)]
    for effect, verdict in VERDICTS.items():
        yield [effect.label, verdict.name, str(verdict.exit_code)]


def _states(group: Group) -> str:
    states = (f"`{state.label}`" for state in TestState if group_of(state) is group)
    return _BESIDE_STATES.get(group) or ", ".join(states)


def _cells(base: Group) -> Iterable[str]:
    for head in _SHOWN:
        category = MATRIX.get((base, head))
        cell = "-" if category is None else _named(category)
        if category is Category.STILL_FAILING:
            cell += f"; with another signature {_named(Category.CHANGED_FAILURE)}"
        yield cell


def _named(category: Category) -> str:
    return f"`{category.label}` {_effect(DEFAULT_POLICY.categories[category])}".rstrip()


def _category(category: Category) -> list[str]:
    floor = CATEGORY_FLOORS.get(category)
    counted = "once per collector" if category in COLLECTOR_CATEGORIES else "yes" if category in BAD_TRANSITIONS else ""
    effect = _effect(DEFAULT_POLICY.categories[category]) or "no reason"
    return [
        f"`{category.label}`",
        _sentence(rule(category)),
        effect,
        "" if floor is None else floor.effect.label,
        counted,
    ]


def _severities() -> Iterable[list[str]]:
    yield ["0", Severity.NONE.label]
    for floor, severity in reversed(SEVERITIES):
        yield [f"{floor} and more", severity.label]


def _condition(condition: Condition) -> list[str]:
    floor = CONDITION_FLOORS.get(condition)
    effect = _effect(DEFAULT_POLICY.conditions[condition])
    return [f"`{condition.label}`", _sentence(rule(condition)), effect, "" if floor is None else floor.effect.label]


def _finding(finding: FindingRule) -> list[str]:
    return [f"`{finding.label}`", _sentence(rule(finding)), _effect(DEFAULT_POLICY.findings[finding])]


def _cause(cause: IncompleteReason) -> list[str]:
    effects = (_effect(DEFAULT_POLICY.incomplete[Incomplete(side=side, reason=cause)]) for side in Side)
    return [f"`{cause.label}`", CAUSES[cause].rule, *effects]


def _effect(effect: Effect | None) -> str:
    if effect is None:
        return ""
    return f"**{effect.label}**" if effect is Effect.BLOCK else effect.label


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |".replace("  ", " ") for row in [head, ["---"] * len(head), *rows])


_INTRODUCTION = """\
# Rules

<!-- Generated from the matrix, the conditions and the default policy by 'make rules'; do not edit. -->

These are the rules by which the gatekeeper decides whether a change may proceed. They compare two suite runs of the
same test command: *base*, before the change, and *head*, with it. The rules are data:
[matrix.py](../services/gatekeeper/src/autopack_gatekeeper/domain/matrix.py),
[conditions.py](../services/gatekeeper/src/autopack_gatekeeper/domain/conditions.py),
[default.py](../packages/model/src/autopack_model/policy/default.py), and their words in
[rules.py](../packages/model/src/autopack_model/decision/rules.py)."""

_VERDICT = """\
Each rule that applies gives a reason with an effect, and the strongest effect makes the verdict. An auditor can turn
ALLOW into BLOCK or NEEDS_HUMAN afterwards; nothing lifts another verdict. The exit code is that of the command."""

_STATES = """\
The executions of a test on one side are folded into one state. Executions that disagree between good and bad make it
`flaky`; otherwise bad outweighs good, and good outweighs muted. A test that was collected and never reported is
`not_run`, which makes its side incomplete."""

_MATRIX = """\
Every test id of either side is in exactly one cell; the word behind the category is its default effect. The matrix
counts only between two complete sides. A test whose file or function was renamed is compared under its new name.
Failures are told apart by their signatures: of exception type, normalised location and message."""

_CATEGORIES = """\
A category without an effect gives no reason. Of a function whose parameters have other names, and of a test that lives
on under another name, the ids are put into categories of their own, `reparametrised`, `renamed` and
`moved_and_rewritten`, which no cell of the matrix has. A test in the cell of `newly_passing` that a plugin may run
again more often than on base is `passes_with_new_reruns`. Collection errors are listed once per module or package, not
once per test. [Decision 26](decisions/0026-names-follow-sources.md) says how a moved test is known again."""

_SEVERITY = "The severity says how much went wrong. It is information: it does not change the verdict."

_CONDITIONS = """\
What is true of the whole case, before any single test is looked at. No policy may set an effect that is weaker than the
one under *at least*."""

_INCOMPLETE = """\
A suite run that does not prove that it ran to its end is no evidence, and its reason is `base_` or `head_` and the
cause. It is complete when nobody cancelled it, its setup command succeeded, neither a time limit nor a signal ended it,
pytest exited with 0, 1 or 5 (5 is for a suite without tests), the recording is whole, the session finished and named
the same exit code, every collected test that was not deselected was reported, a failure was recorded only beside exit
code 1, and the project was imported from the worktree. What is violated first is the cause. An incomplete head speaks
against the candidate only beside a complete base; otherwise its effect is at most inconclusive. No policy may set an
effect that is weaker than inconclusive."""

_FINDINGS = """\
A look at the syntax of the changed files, which runs nothing, finds what weakens a test, and product code that is
written for the tests. A finding names the place and both texts. What a run shows weighs more: a finding explains, and
only what hardly any honest change does asks for a person. [Decision 34](decisions/0034-findings.md) says how they are
found."""

_PROTECTED = """\
A change that touches one of these files, or moves it away, gives the reason `protected_path`. Without `/` a pattern
matches a file of that name in any folder; `*` stays within a folder, `**` stands for any number of them; upper and
lower case are the same."""

_BACKUP = "A change that adds a file with one of these names gives the reason `stray_backup_file`:"
_TEST_DATA = """\
Below one of these folders such a file is data of tests, unless it is a copy of a source file, of a configuration or of
a test module:"""


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    check: bool = parser.parse_args().check
    page = document()
    if PAGE.is_file() and page == PAGE.read_text(encoding="utf-8"):
        return 0
    if check:
        print("docs/rules.md does not say what the rules are; run 'make rules' and commit the result", file=sys.stderr)
        return 1
    PAGE.write_text(page, encoding="utf-8")
    print("wrote docs/rules.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
