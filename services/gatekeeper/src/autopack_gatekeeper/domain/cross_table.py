# ruff: noqa: E501  (the table reads best as a table)
"""What base's tests on the candidate's code make of a category of the two sides, as data (docs/decisions/0032)."""

from collections.abc import Mapping
from types import MappingProxyType

from autopack_gatekeeper.domain.matrix import Group
from autopack_model.decision.delta import Category as C

# fmt: off
_COLUMNS = (Group.BAD, Group.FLAKY, Group.UNCOLLECTED, Group.MUTED, Group.ABSENT, Group.GOOD)
_ROWS: Mapping[C, tuple[C | None, ...]] = {
    # of base and head \ cross  BAD               FLAKY             UNCOLLECTED       MUTED             ABSENT                   GOOD
    C.STILL_PASSING:           (C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,             None),
    C.REPARAMETRISED:          (C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,      None,             None,                    None),
    C.NEWLY_PASSING:           (C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT,        None),
    C.NEWLY_MUTED:             (C.HIDDEN_FAILING, None,             C.HIDDEN_FAILING, None,             None,                    C.RETIRED_MUTED),
    C.REMOVED:                 (C.HIDDEN_FAILING, None,             C.HIDDEN_FAILING, None,             C.RETIRED_WITH_SUBJECT,  C.RETIRED),
    C.ADDED_PASSING:           (C.REWRITTEN,      C.REWRITTEN,      None,             None,             None,                    None),
    C.ADDED_MUTED:             (C.HIDDEN_FAILING, C.HIDDEN_FAILING, None,             None,             None,                    None),
    C.FLAKY:                   (C.REWRITTEN,      None,             C.REWRITTEN,      C.REWRITTEN,      C.REWRITTEN,             None),
    C.UNMUTED:                 (C.PASSES_BY_EDIT, None,             None,             None,             None,                    None),
    C.COLLECTED:               (C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, C.PASSES_BY_EDIT, None,             None,                    None),
    C.COLLECTED_MUTED:         (C.HIDDEN_FAILING, C.HIDDEN_FAILING, None,             None,             None,                    None),
}
# fmt: on

TABLE: Mapping[tuple[C, Group], C] = MappingProxyType(
    {
        (category, group): judged
        for category, row in _ROWS.items()
        for group, judged in zip(_COLUMNS, row, strict=True)
        if judged is not None
    }
)
"""What base's tests on the candidate's code make of a category of the two sides. What is not in it stays as it is."""

BESIDE: Mapping[C, C] = MappingProxyType(
    {
        C.STILL_PASSING: C.REWRITTEN,
        C.FLAKY: C.REWRITTEN,
        C.COLLECTED: C.PASSES_BY_EDIT,
        C.COLLECTED_MUTED: C.HIDDEN_FAILING,
    }
)
"""What becomes of the tests beside one of base that fails there and that neither base nor head has."""

SPEAKING = frozenset(
    {C.REWRITTEN, C.RETIRED, C.RETIRED_MUTED, C.RETIRED_WITH_SUBJECT, C.HIDDEN_FAILING, C.PASSES_BY_EDIT}
)
"""The categories by which the cross side contradicts the edited suite."""
