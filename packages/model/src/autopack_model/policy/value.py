"""A policy: data that maps each category, suite condition and incompleteness to an effect, and names paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete, ReasonCode
from autopack_model.errors import InvalidValue
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.file_path import MAX_PATH
from autopack_model.finding.value import FindingRule
from autopack_model.identity.value import Side
from autopack_model.policy.floors import breach
from autopack_model.policy.path_pattern import compile_patterns
from autopack_model.text import check_ascending, check_count, check_text

MAX_PATTERNS: Final = 1000
MAX_COUNT: Final = 1_000_000_000
ALWAYS_PROTECTED: Final = ("autopack.toml", ".autopack/policy.toml")
"""Paths that no policy can leave unprotected: they say what the policy is."""

INCOMPLETES: Final = tuple(Incomplete(side=side, reason=reason) for side in Side for reason in IncompleteReason)
"""Every way in which a side can be incomplete, in the order of sides and causes."""

PATTERN_LISTS: Final = (
    "protected_paths",
    "unprotected_paths",
    "test_paths",
    "product_paths",
    "ignored_paths",
    "backup_patterns",
    "test_data_paths",
    "unmeasured_patterns",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What each rule does to the verdict. Every category, condition, incompleteness and finding has an entry.

    A category with the effect None gives no reason. Patterns follow ``path_pattern.compile_patterns`` and are strictly
    ascending. A path that an ``unprotected_paths`` matches is not protected. ``test_paths`` are test-side files besides
    those that the evidence shows, and ``product_paths`` never are. What ``ignored_paths`` match counts neither as a
    stray backup file nor as code that pytest does not run. Of fewer tests on head than ``min_tests``, and of more newly
    muted ones than ``max_new_skips``, the policy wants to know; None for no limit.

    Raises InvalidValue when an entry is missing or weaker than its floor (``floors``), or patterns do not ascend.
    """

    categories: Mapping[Category, Effect | None]
    conditions: Mapping[Condition, Effect]
    incomplete: Mapping[Incomplete, Effect]
    findings: Mapping[FindingRule, Effect]
    protected_paths: tuple[str, ...]
    backup_patterns: tuple[str, ...]
    test_data_paths: tuple[str, ...]
    unmeasured_patterns: tuple[str, ...]
    unprotected_paths: tuple[str, ...] = ()
    test_paths: tuple[str, ...] = ()
    product_paths: tuple[str, ...] = ()
    ignored_paths: tuple[str, ...] = ()
    min_tests: int | None = None
    max_new_skips: int | None = None

    def __post_init__(self) -> None:
        _check_total("policy.categories", {each.label for each in self.categories}, {each.label for each in Category})
        _check_total("policy.conditions", {each.label for each in self.conditions}, {each.label for each in Condition})
        _check_total(
            "policy.incomplete", {each.label for each in self.incomplete}, {each.label for each in INCOMPLETES}
        )
        _check_total("policy.findings", {each.label for each in self.findings}, {each.label for each in FindingRule})
        for path, effects in (
            ("policy.categories", self.categories),
            ("policy.conditions", self.conditions),
            ("policy.incomplete", self.incomplete),
            ("policy.findings", self.findings),
        ):
            for code, effect in effects.items():
                _check_floor(f"{path}.{code.label}", code, effect)
        for name in PATTERN_LISTS:
            _check_patterns(f"policy.{name}", getattr(self, name))
        if self.unprotected_paths:
            open_paths = compile_patterns(self.unprotected_paths)
            for path in ALWAYS_PROTECTED:
                if open_paths.fullmatch(path):
                    raise InvalidValue(
                        "policy.unprotected_paths",
                        f"match {path}, which says what the policy is; a change of the policy is never unprotected",
                    )
        for name, count in (("min_tests", self.min_tests), ("max_new_skips", self.max_new_skips)):
            if count is not None and not 0 <= count <= MAX_COUNT:
                raise InvalidValue(f"policy.{name}", f"{count} is outside 0 to {MAX_COUNT}")

    def effect(self, code: ReasonCode) -> Effect | None:
        """What ``code`` does to the verdict; None for nothing."""
        match code:
            case Category():
                return self.categories[code]
            case Condition():
                return self.conditions[code]
            case Incomplete():
                return self.incomplete[code]
            case FindingRule():
                return self.findings[code]


def _check_total(path: str, given: set[str], expected: set[str]) -> None:
    if given != expected:
        raise InvalidValue(path, f"must have an entry for each of its keys; missing: {sorted(expected - given)}")


def _check_floor(path: str, code: ReasonCode, effect: Effect | None) -> None:
    broken = breach(code, effect)
    if broken is not None:
        said = "no reason" if effect is None else effect.label
        raise InvalidValue(
            path, f"{said} is too weak; at least {broken.effect.label} is needed to fail closed: {broken.why}"
        )


def _check_patterns(path: str, patterns: tuple[str, ...]) -> None:
    check_count(patterns, path, most=MAX_PATTERNS)
    for pattern in patterns:
        check_text(pattern, path, least=1, most=MAX_PATH)
    check_ascending(patterns, path)
