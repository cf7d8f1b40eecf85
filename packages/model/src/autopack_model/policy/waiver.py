"""Waivers: recorded exceptions to a policy."""

import functools
import re
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect
from autopack_model.errors import InvalidValue
from autopack_model.finding.value import FindingRule
from autopack_model.policy.floors import floor_of
from autopack_model.text import check_name, check_text

MAX_WAIVERS: Final = 1000
MAX_SUBJECTS: Final = 4096
MAX_REASON: Final = 2000
MAX_APPROVER: Final = 200


WaivableCode: TypeAlias = Category | Condition | FindingRule
"""What a waiver can be about. Nothing lifts an incompleteness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An exception to what ``code`` does to the verdict, for the subjects that a pattern matches.

    In ``subjects`` ``*`` stands for any characters and ``?`` for one; everything else for itself, brackets too. It
    holds until the end of the day ``expires``, UTC. Raises InvalidValue, also for a code that no waiver can lift.
    """

    code: WaivableCode
    subjects: str
    reason: str
    approver: str
    expires: date

    def __post_init__(self) -> None:
        if not is_waivable(self.code):
            raise InvalidValue("category", f"{self.code.label} cannot be waived: {floor_of(self.code).why}")
        check_text(self.subjects, "subjects", least=1, most=MAX_SUBJECTS)
        check_text(self.reason, "reason", most=MAX_REASON)
        if not self.reason.strip():
            raise InvalidValue("reason", "is empty; say why the subjects are let through")
        check_name(self.approver, "approver", most=MAX_APPROVER)
        if not self.approver.strip():
            raise InvalidValue("approver", "is empty; name who approves")

    @property
    def sort_key(self) -> tuple[str, str, date, str, str]:
        """The order of waivers: by code, subjects, expiry, then what people said."""
        return (self.code.label, self.subjects, self.expires, self.approver, self.reason)

    def expired(self, day: date) -> bool:
        """Whether the waiver does not hold any more on ``day``."""
        return day > self.expires

    def matches(self, subject: str) -> bool:
        """Whether the waiver is about ``subject``."""
        return _expression(self.subjects).fullmatch(subject) is not None


def is_waivable(code: WaivableCode) -> bool:
    """Whether a waiver may be about ``code``: no condition that stands for a lack of proof."""
    return not isinstance(code, Condition) or floor_of(code).effect <= Effect.WARN


@functools.lru_cache(maxsize=MAX_WAIVERS)
def _expression(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(each) or re.escape(each) for each in pattern), re.DOTALL)
