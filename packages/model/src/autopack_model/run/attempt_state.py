"""The life of an attempt."""

from collections.abc import Mapping
from types import MappingProxyType

from autopack_model.auditor_result.value import Recommendation
from autopack_model.decision.value import Verdict
from autopack_model.labels import Labelled


class AttemptState(Labelled):
    """How far an attempt is. Numbers as in ``autopack.results.v1.AttemptState``."""

    QUEUED = 1
    BUILDING = 2
    TESTING = 3
    DECIDING = 4
    AUDITING = 5
    ALLOWED = 6
    BLOCKED = 7
    INCONCLUSIVE = 8
    NEEDS_HUMAN = 9
    FAILED = 10
    CANCELLED = 11

    @property
    def final(self) -> bool:
        """Whether nothing will be added any more."""
        return not SUCCESSORS[self]

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that a concluded attempt has; None for the others."""
        return _VERDICTS.get(self)


_ABANDONED = frozenset({AttemptState.FAILED, AttemptState.CANCELLED})
CONCLUSIONS: Mapping[Verdict, AttemptState] = MappingProxyType(
    {
        Verdict.ALLOW: AttemptState.ALLOWED,
        Verdict.BLOCK: AttemptState.BLOCKED,
        Verdict.INCONCLUSIVE: AttemptState.INCONCLUSIVE,
        Verdict.NEEDS_HUMAN: AttemptState.NEEDS_HUMAN,
    }
)
"""The final state of each verdict."""

_VERDICTS = {state: verdict for verdict, state in CONCLUSIONS.items()}
_CONCLUDED = frozenset(_VERDICTS)

SUCCESSORS: Mapping[AttemptState, frozenset[AttemptState]] = MappingProxyType(
    {
        AttemptState.QUEUED: _ABANDONED | {AttemptState.BUILDING, AttemptState.TESTING},
        AttemptState.BUILDING: _ABANDONED | {AttemptState.TESTING},
        AttemptState.TESTING: _ABANDONED | {AttemptState.DECIDING},
        AttemptState.DECIDING: _ABANDONED | _CONCLUDED | {AttemptState.AUDITING},
        AttemptState.AUDITING: _ABANDONED | _CONCLUDED,
        **dict.fromkeys(_CONCLUDED | _ABANDONED, frozenset[AttemptState]()),
    }
)
"""The states that may follow each state."""


def concluded(verdict: Verdict, recommendation: Recommendation | None) -> Verdict:
    """The verdict, all considered: the decision's, and the auditor's recommendation where there is one.

    REVISE turns ALLOW into BLOCK, ESCALATE turns it into NEEDS_HUMAN; no recommendation lifts any other verdict.
    """
    if verdict is not Verdict.ALLOW:
        return verdict
    match recommendation:
        case None | Recommendation.APPROVE:
            return Verdict.ALLOW
        case Recommendation.REVISE:
            return Verdict.BLOCK
        case Recommendation.ESCALATE:
            return Verdict.NEEDS_HUMAN
