"""Issues on the wire."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from autopack.results.v1 import issue_pb2
from autopack_model.decision.value import Severity
from autopack_model.decision.wire import severity_to_wire
from autopack_model.errors import within
from autopack_model.fields import batches, read_enum
from autopack_model.issue.value import MAX_ISSUES, Issue, IssueCategory, IssueSource
from autopack_model.text import check_count

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _category: issue_pb2.IssueCategory.Members = IssueCategory
    _source: issue_pb2.IssueSource.Members = IssueSource


def issue_to_wire(issue: Issue) -> issue_pb2.Issue:
    """The message of an issue."""
    return issue_pb2.Issue(
        key=issue.key,
        severity=severity_to_wire(issue.severity),
        category=issue_pb2.IssueCategory.ValueType(issue.category.value),
        source=issue_pb2.IssueSource.ValueType(issue.source.value),
        evidence_refs=issue.evidence_refs,
        description=issue.description,
    )


def issue_from_wire(message: issue_pb2.Issue) -> Issue:
    """The issue. Raises InvalidValue."""
    return Issue(
        key=message.key,
        severity=read_enum(Severity, message.severity, "severity"),
        category=read_enum(IssueCategory, message.category, "category"),
        source=read_enum(IssueSource, message.source, "source"),
        evidence_refs=tuple(message.evidence_refs),
        description=message.description,
    )


def add_issues(found: list[Issue], part: issue_pb2.Issues, path: str) -> None:
    """Append a part of the list that travels as ``path``. Raises InvalidValue."""
    for message in part.issues:
        with within(f"{path}[{len(found)}]"):
            found.append(issue_from_wire(message))
    check_count(found, path, most=MAX_ISSUES)


def issue_batches(issues: Iterable[Issue]) -> Iterator[issue_pb2.Issues]:
    """Issues in parts under 1 MiB."""
    messages = (issue_to_wire(issue) for issue in issues)
    for batch in batches((message, message.ByteSize() + 4) for message in messages):
        yield issue_pb2.Issues(issues=batch)
