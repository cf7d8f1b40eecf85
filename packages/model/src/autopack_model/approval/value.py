"""What people add to a decision afterwards: answers to NEEDS_HUMAN, and further decisions under a waiver."""

from dataclasses import dataclass
from typing import Final

from autopack_model.decision.value import Verdict
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.labels import Labelled
from autopack_model.text import check_name, check_text

MAX_NAME: Final = 200
MAX_REASON: Final = 2000


class Answer(Labelled):
    """What a person answers. Numbers as in ``autopack.results.v1.Answer``."""

    APPROVED = 1
    REJECTED = 2

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this answer: that of ALLOW, or that of BLOCK."""
        return (Verdict.ALLOW if self is Answer.APPROVED else Verdict.BLOCK).exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's answer to the decision with ``decision_digest``: who, why, and when (milliseconds since the epoch,
    UTC). Raises InvalidValue.
    """

    answer: Answer
    decision_digest: str
    name: str
    reason: str
    at_ms: int

    def __post_init__(self) -> None:
        check_digest(self.decision_digest, "decision_digest")
        check_person(self.name, "name")
        check_text(self.reason, "reason", most=MAX_REASON)
        if not self.reason.strip():
            raise InvalidValue("reason", "is empty; say why")


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherDecision:
    """A decision that was made anew after the run had ended: its number, from 1, what it came to with the auditor's
    say, who asked for it, and when (milliseconds since the epoch, UTC). Raises InvalidValue.
    """

    number: int
    decision_digest: str
    verdict: Verdict
    name: str
    at_ms: int

    def __post_init__(self) -> None:
        if self.number < 1:
            raise InvalidValue("number", f"{self.number} is not the number of a further decision")
        check_digest(self.decision_digest, "decision_digest")
        check_person(self.name, "name")


def check_person(name: str, path: str) -> str:
    """Return ``name`` when it can stand for a person. Raises InvalidValue."""
    check_name(name, path, most=MAX_NAME)
    if not name.strip():
        raise InvalidValue(path, "is blank; give the name of a person")
    return name
