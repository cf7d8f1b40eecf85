# ruff: noqa: E501  (the matrix reads best as a table)
"""The transition matrix (docs/rules.md), as data: (group on base, group on head) -> category.

A byte in a column is a TestState number, or one of the two codes below for an id that the side did not report.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType

from autopack_model.decision.delta import Category as C
from autopack_model.evidence.outcome import BAD, GOOD, MUTED, TestState

UNCOLLECTED_CODE = 13
ABSENT_CODE = 14
MUTED_CODE = TestState.SKIPPED.value


class Group(enum.Enum):
    """What the matrix distinguishes of a test on one side.

    PARTLY counts as good on base and as muted on head, but for what ``comparison`` knows of the muted subtests.
    NOT_RUN only occurs on an incomplete side, whose delta never decides. Its cells are the strictest that the test
    could still have earned, so that not having run never looks better than any outcome.
    """

    GOOD = "good"
    BAD = "bad"
    FLAKY = "flaky"
    PARTLY = "partly"
    MUTED = "muted"
    UNCOLLECTED = "uncollected"
    ABSENT = "absent"
    NOT_RUN = "not_run"


_COLUMNS = (
    Group.GOOD,
    Group.BAD,
    Group.FLAKY,
    Group.PARTLY,
    Group.MUTED,
    Group.UNCOLLECTED,
    Group.ABSENT,
    Group.NOT_RUN,
)

# fmt: off
_ROWS: Mapping[Group, tuple[C | None, ...]] = {
    # base \ head      GOOD              BAD                 FLAKY             PARTLY             MUTED              UNCOLLECTED                    ABSENT             NOT_RUN
    Group.GOOD:        (C.STILL_PASSING, C.NEWLY_FAILING,    C.NEWLY_FLAKY,    C.NEWLY_MUTED,     C.NEWLY_MUTED,     C.NEW_COLLECTION_ERROR,        C.REMOVED,         C.NEWLY_MUTED),
    Group.BAD:         (C.NEWLY_PASSING, C.STILL_FAILING,    C.NOW_FLAKY,      C.MUTED_FAILING,   C.MUTED_FAILING,   C.NEW_COLLECTION_ERROR,        C.REMOVED_FAILING, C.MUTED_FAILING),
    Group.FLAKY:       (C.FLAKY,         C.FLAKY_FAILING,    C.STILL_FLAKY,    C.NEWLY_MUTED,     C.NEWLY_MUTED,     C.NEW_COLLECTION_ERROR,        C.REMOVED,         C.NEWLY_MUTED),
    Group.PARTLY:      (C.UNMUTED,       C.NEWLY_FAILING,    C.NEWLY_FLAKY,    C.STILL_MUTED,     C.NEWLY_MUTED,     C.NEW_COLLECTION_ERROR,        C.REMOVED,         C.NEWLY_FAILING),
    Group.MUTED:       (C.UNMUTED,       C.NEWLY_FAILING,    C.NEWLY_FLAKY,    C.STILL_MUTED,     C.STILL_MUTED,     C.NEW_COLLECTION_ERROR,        C.REMOVED_MUTED,   C.NEWLY_FAILING),
    Group.UNCOLLECTED: (C.COLLECTED,     C.REVEALED_FAILING, C.REVEALED_FLAKY, C.COLLECTED_MUTED, C.COLLECTED_MUTED, C.PERSISTENT_COLLECTION_ERROR, C.REMOVED_MODULE,  C.REVEALED_FAILING),
    Group.ABSENT:      (C.ADDED_PASSING, C.ADDED_FAILING,    C.ADDED_FLAKY,    C.ADDED_MUTED,     C.ADDED_MUTED,     C.NEW_COLLECTION_ERROR,        None,              C.ADDED_FAILING),
    # a base that did not run might have passed: the row of GOOD
    Group.NOT_RUN:     (C.STILL_PASSING, C.NEWLY_FAILING,    C.NEWLY_FLAKY,    C.NEWLY_MUTED,     C.NEWLY_MUTED,     C.NEW_COLLECTION_ERROR,        C.REMOVED,         C.NEWLY_MUTED),
}
# fmt: on

MATRIX: Mapping[tuple[Group, Group], C] = MappingProxyType(
    {
        (base, head): category
        for base, row in _ROWS.items()
        for head, category in zip(_COLUMNS, row, strict=True)
        if category is not None
    }
)

# The transitions in which the head is worse than the base; with the collection errors they make the severity.
BAD_TRANSITIONS = frozenset(
    {
        C.NEWLY_FAILING,
        C.NEWLY_FLAKY,
        C.NEWLY_MUTED,
        C.REMOVED,
        C.MUTED_FAILING,
        C.REMOVED_FAILING,
        C.HIDDEN_FAILING,
        C.FLAKY_FAILING,
        C.ADDED_FAILING,
        C.ADDED_FLAKY,
    }
)


def group_of(code: int) -> Group:
    """The group of a column byte. Raises ValueError for a number that is neither a TestState nor a code."""
    if code == UNCOLLECTED_CODE:
        return Group.UNCOLLECTED
    if code == ABSENT_CODE:
        return Group.ABSENT
    state = TestState(code)
    if state in GOOD:
        return Group.GOOD
    if state in BAD:
        return Group.BAD
    if state in MUTED:
        return Group.MUTED
    if state is TestState.PARTLY_MUTED:
        return Group.PARTLY
    return Group.FLAKY if state is TestState.FLAKY else Group.NOT_RUN


def _transition_table() -> bytes:
    codes = (*TestState, UNCOLLECTED_CODE, ABSENT_CODE)
    table = bytearray(256)
    for base in codes:
        for head in codes:
            category = MATRIX.get((group_of(base), group_of(head)))
            table[base << 4 | head] = 0 if category is None else category
    return bytes(table)


# Indexed by base code << 4 | head code. 0, which is not a category, marks what cannot be: Delta refuses it.
_TRANSITIONS = _transition_table()


def transitions(base_column: bytes, head_column: bytes) -> bytes:
    """The category of every pair of codes. Both columns have the same length.

    Codes are below 16, so one integer shift packs all pairs at once: two 1 M columns take about a millisecond.
    """
    packed = int.from_bytes(base_column, "big") << 4 | int.from_bytes(head_column, "big")
    return packed.to_bytes(len(head_column), "big").translate(_TRANSITIONS)
