"""A decision: verdict, reasons, and the digests of everything that it was derived from."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from autopack_model.changed_files.value import ChangedFilesStatus
from autopack_model.decision.delta import Category, Delta
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.evidence.outcome import TestState
from autopack_model.finding.value import FindingRule
from autopack_model.identity.value import Side
from autopack_model.labels import Labelled
from autopack_model.text import check_ascending, check_count

MAX_RETRIES = 100
"""How many retries a side may have at most."""


class Verdict(enum.IntEnum):
    """Whether the change may proceed. Numbers as in ``autopack.results.v1.Verdict``."""

    ALLOW = 1
    BLOCK = 2
    INCONCLUSIVE = 3
    NEEDS_HUMAN = 4

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this verdict (docs/rules.md)."""
        return _EXIT_CODES[self]


_EXIT_CODES = {Verdict.ALLOW: 0, Verdict.BLOCK: 1, Verdict.INCONCLUSIVE: 3, Verdict.NEEDS_HUMAN: 4}


class Effect(Labelled):
    """What a reason does to the verdict, weakest first. Numbers as in ``autopack.results.v1.Effect``."""

    NOTE = 1
    WARN = 2
    REVIEW = 3
    INCONCLUSIVE = 4
    BLOCK = 5


VERDICTS: Mapping[Effect, Verdict] = MappingProxyType(
    {
        Effect.NOTE: Verdict.ALLOW,
        Effect.WARN: Verdict.ALLOW,
        Effect.REVIEW: Verdict.NEEDS_HUMAN,
        Effect.INCONCLUSIVE: Verdict.INCONCLUSIVE,
        Effect.BLOCK: Verdict.BLOCK,
    }
)
"""What the strongest effect among the reasons makes of the verdict. Without any reason it is ALLOW."""


class Severity(Labelled):
    """How much went wrong, as information. Numbers as in ``autopack.results.v1.Severity``."""

    NONE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


class Condition(Labelled):
    """Suite conditions that are not about one side's completeness (docs/rules.md)."""

    UNEXPLAINED_EXIT = 1
    UNEXPLAINED_EXIT_ON_BOTH = 2
    ZERO_TESTS = 3
    ZERO_TESTS_ON_BOTH = 4
    ZERO_TESTS_ON_BASE = 5
    NO_BASELINE = 6
    NO_BASELINE_ZERO_TESTS = 7
    NO_BASELINE_BAD_TESTS = 8
    PROTECTED_PATH = 9
    STRAY_BACKUP_FILE = 10
    CHANGED_FILES_UNKNOWN = 11
    NOTHING_PASSES = 12
    NOTHING_SELECTED = 13
    UNMEASURED_CHANGE = 14
    BASE_REPAIRED = 15
    ENVIRONMENTS_DIFFER = 16
    SETUP_CHANGED_FILES = 17
    SETUP_CHANGED_METADATA = 18
    LINGERING_PROCESS = 19
    SUBMODULES_MISSING = 20
    TOO_MANY_TO_RETRY = 22
    RETRY_INCOMPLETE = 23
    NEW_RERUNS = 24
    TESTS_LEFT_OUT = 27
    FINDINGS_INCOMPLETE = 30
    PASSING_AND_EDITED = 31
    TOO_FEW_TESTS = 33
    WAIVER_UNUSED = 34
    WAIVER_EXPIRED = 35
    CODE_DISPLACED = 36
    SUITE_ALTERED = 37
    PLUGINS_DIFFER = 38
    TOO_MANY_SKIPS = 39
    CROSS_MISSING = 42
    REVERSE_MISSING = 43


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """The condition that one side's suite run is not evidence, with the cause."""

    side: Side
    reason: IncompleteReason

    @property
    def label(self) -> str:
        """The code used in results and messages, ``head_timed_out`` for instance."""
        return f"{self.side.label}_{self.reason.label}"


ReasonCode: TypeAlias = Category | Condition | Incomplete | FindingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that applied: its code, its effect, the sorted subjects (test ids, collectors or files), a sentence."""

    code: ReasonCode
    effect: Effect
    subjects: tuple[str, ...]
    message: str

    @property
    def sort_key(self) -> tuple[int, str]:
        """Strongest effect first, then by code."""
        return (-self.effect, self.code.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAssessment:
    """What the gatekeeper computed from a retry of some of a side's tests. An incomplete one counts for nothing."""

    evidence_digest: str
    facts_digest: str
    incomplete_reason: IncompleteReason | None

    def __post_init__(self) -> None:
        check_digest(self.evidence_digest, "side.retries.evidence_digest")
        check_digest(self.facts_digest, "side.retries.facts_digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class SideAssessment:
    """What the gatekeeper computed from one side's evidence.

    ``facts_digest`` covers what the decision was derived from; ``evidence_digest`` names the whole record, times and
    messages included. ``counts`` are of the states after the ``retries``, which stand in the order of their numbers.
    ``collection_errors`` lists the collectors that errored, strictly ascending.
    """

    evidence_digest: str
    facts_digest: str
    tree: str
    incomplete_reason: IncompleteReason | None
    exit_code: int | None
    counts: Mapping[TestState, int]
    collection_errors: tuple[str, ...]
    retries: tuple[RetryAssessment, ...] = ()

    def __post_init__(self) -> None:
        check_digest(self.evidence_digest, "side.evidence_digest")
        check_digest(self.facts_digest, "side.facts_digest")
        check_ascending(self.collection_errors, "side.collection_errors")
        check_count(self.retries, "side.retries", most=MAX_RETRIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The gatekeeper's answer. ``base`` is None when no baseline was obtainable, ``cross`` when base's tests were not
    run on the candidate's code, ``reverse`` when the candidate's new tests were not run on base's code.

    ``reasons`` is sorted by ``Reason.sort_key``. The decision's own digest is ``digest.decision_digest``.
    """

    verdict: Verdict
    severity: Severity
    reasons: tuple[Reason, ...]
    base: SideAssessment | None
    head: SideAssessment
    cross: SideAssessment | None
    reverse: SideAssessment | None
    changed_files_status: ChangedFilesStatus
    changed_files_digest: str
    findings_digest: str
    policy_digest: str
    waivers_digest: str
    delta: Delta

    def sides(self) -> tuple[tuple[Side, SideAssessment | None], ...]:
        """What was found of each side, in their order."""
        return (
            (Side.BASE, self.base),
            (Side.HEAD, self.head),
            (Side.CROSS, self.cross),
            (Side.REVERSE, self.reverse),
        )

    def __post_init__(self) -> None:
        keys = [reason.sort_key for reason in self.reasons]
        if keys != sorted(keys):
            raise InvalidValue("decision.reasons", "must be sorted, strongest effect first, then by code")
        for reason in self.reasons:
            if list(reason.subjects) != sorted(set(reason.subjects)):
                raise InvalidValue("decision.reasons.subjects", "must be strictly ascending")
