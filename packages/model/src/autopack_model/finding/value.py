"""What a static look at the changed files shows: named, located, with what stood there and what stands there now."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from autopack_model.amount import check_amount
from autopack_model.errors import InvalidValue
from autopack_model.file_path import check_file_path
from autopack_model.labels import Labelled
from autopack_model.text import check_count, check_text

MAX_FINDINGS = 5000
MAX_TEXT = 500
MAX_TEST = 6000
MAX_PROBLEM = 1000


class FindingRule(Labelled):
    """What was found (docs/rules.md). Numbers as in ``autopack.results.v1.FindingRule``."""

    ASSERTION_REMOVED = 1
    ASSERTION_LOOSER = 2
    ASSERTION_VACUOUS = 3
    ASSERTION_CONDITIONAL = 4
    ASSERTION_UNREACHED = 5
    EXCEPTION_SWALLOWED = 6
    DECORATOR_ADDED = 7
    EXPECTATION_CHANGED = 8
    INPUT_CHANGED = 9
    PARAMETERS_REMOVED = 10
    PARAMETER_CHANGED = 11
    MUTE_ADDED = 12
    EXAMPLE_SKIPPED = 13
    RETRY_ADDED = 14
    TIMEOUT_ADDED = 15
    BODY_NEVER_RUNS = 16
    UNIT_REPLACED = 17
    NAME_REDEFINED = 18
    EXAMPLES_REDUCED = 19
    EXPECTATION_SELF_MADE = 20
    TEST_DETECTED = 21
    RESULT_HARD_CODED = 22
    SPECIAL_CASE_OF_TEST = 23
    NAMES_MOVED = 24
    COMPARISON_VACUOUS = 25
    SUBJECT_BESIDE_TEST = 26


WEAKER_TEST: Final = frozenset(
    {
        FindingRule.ASSERTION_REMOVED,
        FindingRule.ASSERTION_LOOSER,
        FindingRule.ASSERTION_VACUOUS,
        FindingRule.ASSERTION_CONDITIONAL,
        FindingRule.ASSERTION_UNREACHED,
        FindingRule.EXCEPTION_SWALLOWED,
        FindingRule.EXPECTATION_CHANGED,
        FindingRule.EXPECTATION_SELF_MADE,
        FindingRule.BODY_NEVER_RUNS,
        FindingRule.UNIT_REPLACED,
    }
)
"""What says that a test may check less than it did, or something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding.

    ``path`` and ``line`` (from 1) are those of head. ``test`` is the function of a test as it stands in a test id,
    ``tests/test_money.py::test_total``; it is empty where the finding is about no single test. ``before`` is the text
    on base, ``after`` the text on head; one of the two may be empty. Raises InvalidValue.
    """

    rule: FindingRule
    path: str
    line: int
    test: str
    before: str
    after: str

    @property
    def of_doctest(self) -> bool:
        """Whether it is about an example of a doctest."""
        return self.before.startswith(">>> ")

    def __post_init__(self) -> None:
        check_file_path(self.path, "findings.path")
        if check_amount(self.line, "findings.line") < 1:
            raise InvalidValue("findings.line", "is 0; lines count from 1")
        check_text(self.test, "findings.test", most=MAX_TEST)
        check_text(self.before, "findings.before", most=MAX_TEXT)
        check_text(self.after, "findings.after", most=MAX_TEXT)
        if not self.before and not self.after:
            raise InvalidValue("findings.after", "is empty, and so is findings.before; one of them is needed")

    @property
    def key(self) -> tuple[str, int, int, str, str, str]:
        """What it is sorted by: place, rule, test and texts."""
        return self.path, self.line, self.rule, self.test, self.before, self.after

    @property
    def subject(self) -> str:
        """What it is about, as the subject of a reason: the test, or the file where it is about no single test."""
        return self.test or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The findings of a change, strictly ascending by ``Finding.key``.

    ``problem`` says what of the changed files could not be looked at; it is empty when all of them were. Raises
    InvalidValue.
    """

    found: tuple[Finding, ...] = ()
    problem: str = ""

    def __post_init__(self) -> None:
        check_count(self.found, "findings", most=MAX_FINDINGS)
        check_text(self.problem, "findings_problem", most=MAX_PROBLEM)
        if any(first.key >= second.key for first, second in pairwise(self.found)):
            raise InvalidValue("findings", "must be strictly ascending by path, line, rule, test and texts")


NO_FINDINGS = Findings()
