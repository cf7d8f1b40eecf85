"""Issues of the old shape."""

from autopack_bridge.reading import values
from autopack_bridge.reading.facts import Facts
from autopack_bridge.reading.payload import Node, kind_of
from autopack_bridge.reading.refusal import Refusals, child
from autopack_bridge.reading.values import Read
from autopack_bridge.vocabulary import CATEGORIES, SEVERITIES, SOURCES
from autopack_model.issue.value import (
    MAX_DESCRIPTION,
    MAX_EVIDENCE_REF,
    MAX_EVIDENCE_REFS,
    MAX_ISSUES,
    MAX_KEY,
    Issue,
    IssueSource,
)


def issue_list(*, finder: IssueSource | None) -> Read[tuple[Issue, ...]]:
    """A list of issues, no key twice. ``finder`` found those that do not say who did; None when nobody can tell."""
    read_issues = values.listed(_issue(finder), most=MAX_ISSUES)

    def read(node: Node, at: str, refusals: Refusals) -> tuple[Issue, ...]:
        issues = read_issues(node, at, refusals)
        first: dict[str, int] = {}
        for index, issue in enumerate(issues):
            if issue.key in first:
                where = child(at, first[issue.key])
                refusals.add(child(child(at, index), "issue_key"), f"{issue.key!r} names the issue at {where} too")
            first.setdefault(issue.key, index)
        return issues

    return read


def _issue(finder: IssueSource | None) -> Read[Issue]:
    def read(node: Node, at: str, refusals: Refusals) -> Issue:
        if not isinstance(node, dict):
            raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected an object")
        facts = Facts(node, at, refusals)
        key = facts.take(values.printable(most=MAX_KEY), "issue_key")
        severity = facts.take(values.word(SEVERITIES), "severity")
        category = facts.take(values.word(CATEGORIES), "category")
        source = facts.take(values.word(SOURCES), "source")
        refs = facts.take(
            values.listed(values.text(least=1, most=MAX_EVIDENCE_REF), most=MAX_EVIDENCE_REFS), "evidence_refs"
        )
        description = facts.take(values.text(most=MAX_DESCRIPTION), "description")
        facts.close()
        for fact in (key, severity, category):
            fact.check_given(refusals)
        source.check_given(refusals, besides=finder)
        return Issue(
            key=key.needed(refusals),
            severity=severity.needed(refusals),
            category=category.needed(refusals),
            source=source.needed(refusals) if finder is None else source.otherwise(finder),
            evidence_refs=refs.otherwise(()),
            description=description.otherwise(""),
        )

    return read
