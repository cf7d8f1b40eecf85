"""What people added to a decision afterwards, in words."""

from collections.abc import Iterator
from datetime import UTC, datetime

from autopack_cli.render.text import one_line
from autopack_model.run.value import Attempt


def afterwards(attempt: Attempt) -> Iterator[str]:
    """A line for each further decision and each answer, in the order in which they were recorded."""
    said = [
        *(
            (each.at_ms, f"decided anew as {each.verdict.name} for {one_line(each.name)}: {each.decision_digest}")
            for each in attempt.further_decisions
        ),
        *(
            (each.at_ms, f"{each.answer.label} by {one_line(each.name)}: {one_line(each.reason, 2000)}")
            for each in attempt.approvals
        ),
    ]
    for at_ms, line in sorted(said, key=lambda entry: entry[0]):
        yield f"{datetime.fromtimestamp(at_ms / 1000, tz=UTC):%Y-%m-%d %H:%M:%S}Z {line}"


def standing_word(attempt: Attempt) -> str:
    """What stands of an attempt in the end, beside its first verdict; empty when nothing was added."""
    standing = attempt.standing
    if standing is None or (standing.number == 0 and standing.approval is None):
        return ""
    anew = f"decided anew: {standing.verdict.name}" if standing.number else ""
    answer = (
        "" if standing.approval is None else f"{standing.approval.answer.label} by {one_line(standing.approval.name)}"
    )
    return ", ".join(word for word in (anew, answer) if word)
