"""The weakest effect that a policy may give a code, where there is one, and why: what keeps a policy fail-closed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from autopack_model.decision.delta import Category
from autopack_model.decision.value import Condition, Effect, Incomplete, ReasonCode
from autopack_model.finding.value import FindingRule
from autopack_model.identity.value import Side


class Floor(NamedTuple):
    """The weakest effect, and the reason for it: a clause without a full stop."""

    effect: Effect
    why: str


_NOTHING_SHOWN: Final = "nothing was shown then, and nothing proven is not ALLOW"
_ALONE: Final = "head stands alone then, and a person has to look at what is bad on it"

# Two mappings, because members of different enumerations with the same number are equal.
CATEGORY_FLOORS: Mapping[Category, Floor] = MappingProxyType(
    {
        Category.NEWLY_FAILING: Floor(Effect.REVIEW, "a test that the change breaks is what a gate is for"),
        Category.NEW_COLLECTION_ERROR: Floor(Effect.REVIEW, "what the tests in it would show is unknown"),
    }
)
CONDITION_FLOORS: Mapping[Condition, Floor] = MappingProxyType(
    {
        Condition.CHANGED_FILES_UNKNOWN: Floor(Effect.INCONCLUSIVE, "unknown is never empty"),
        Condition.ENVIRONMENTS_DIFFER: Floor(
            Effect.INCONCLUSIVE,
            "a test that is newly bad in another environment speaks neither for nor against a change",
        ),
        Condition.ZERO_TESTS: Floor(Effect.REVIEW, _NOTHING_SHOWN),
        Condition.ZERO_TESTS_ON_BASE: Floor(Effect.REVIEW, _NOTHING_SHOWN),
        Condition.NOTHING_PASSES: Floor(Effect.REVIEW, _NOTHING_SHOWN),
        Condition.NOTHING_SELECTED: Floor(Effect.REVIEW, _NOTHING_SHOWN),
        Condition.UNMEASURED_CHANGE: Floor(Effect.REVIEW, _NOTHING_SHOWN),
        Condition.NO_BASELINE_ZERO_TESTS: Floor(Effect.REVIEW, _NOTHING_SHOWN),
        Condition.NO_BASELINE_BAD_TESTS: Floor(Effect.REVIEW, _ALONE),
        Condition.BASE_REPAIRED: Floor(Effect.REVIEW, _ALONE),
        Condition.UNEXPLAINED_EXIT: Floor(
            Effect.REVIEW, "something failed that nobody recorded, so that it may be anything"
        ),
        Condition.TOO_FEW_TESTS: Floor(Effect.REVIEW, "leave min_tests out instead"),
        Condition.TOO_MANY_SKIPS: Floor(Effect.REVIEW, "leave max_new_skips out instead"),
        Condition.SUITE_ALTERED: Floor(
            Effect.REVIEW, "what was recorded may be anything where the tree altered how tests run"
        ),
        Condition.CROSS_MISSING: Floor(Effect.WARN, "that base's tests were not asked is never silent"),
        Condition.PROTECTED_PATH: Floor(Effect.WARN, "a change of how it is tested is never silent"),
    }
)

_INCOMPLETE: Final = Floor(Effect.INCONCLUSIVE, "what did not run to its end proves nothing, whatever a policy says")
_CROSS: Final = Floor(Effect.WARN, "that base's tests could not be asked is never silent")
_VISIBLE: Final = Floor(Effect.NOTE, "only what is harmless may give no reason")
_NONE: Final = Floor(Effect.NOTE, "")
_OF_A_THIRD_SIDE: Final = MappingProxyType({Side.CROSS: _CROSS, Side.REVERSE: _VISIBLE})

MAY_BE_SILENT: Final = frozenset(
    {
        Category.STILL_PASSING,
        Category.NEWLY_PASSING,
        Category.STILL_FAILING,
        Category.FLAKY,
        Category.UNMUTED,
        Category.STILL_MUTED,
        Category.REMOVED_MUTED,
        Category.COLLECTED,
        Category.ADDED_PASSING,
        Category.ADDED_MUTED,
        Category.RENAMED,
        Category.PROVES_NOTHING,
    }
)
"""The categories that a policy may give no effect at all."""


def floor_of(code: ReasonCode) -> Floor:
    """The weakest effect that a policy may give ``code``; without a reason where every effect is allowed."""
    match code:
        case Category():
            return CATEGORY_FLOORS.get(code, _NONE)
        case Condition():
            return CONDITION_FLOORS.get(code, _NONE)
        case Incomplete(side=side):
            return _OF_A_THIRD_SIDE.get(side, _INCOMPLETE)
        case FindingRule():
            return _NONE


def breach(code: ReasonCode, effect: Effect | None) -> Floor | None:
    """The floor that ``effect`` breaks, None for no effect at all; None when a policy may give it to ``code``."""
    floor = floor_of(code)
    if effect is not None:
        return floor if effect < floor.effect else None
    if isinstance(code, Category) and code in MAY_BE_SILENT:
        return None
    return floor if floor.why else _VISIBLE
