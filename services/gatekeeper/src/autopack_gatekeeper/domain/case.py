"""The case that is decided: what suite conditions and other rules may look at."""

from collections.abc import Iterable
from dataclasses import dataclass

from autopack_gatekeeper.domain.assessment import AssessedSide
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.messages import condition_message, incomplete_message
from autopack_model.decision.value import Condition, Incomplete, Reason
from autopack_model.evidence.completeness import IncompleteReason
from autopack_model.identity.value import Side
from autopack_model.policy.value import Policy

# What the same tree does again. A time-out, a signal or a damaged recording may have any cause, and is tried again.
_FAULTS_OF_THE_TREE = frozenset(
    {
        IncompleteReason.SETUP_FAILED,
        IncompleteReason.BEFORE_SIDE_FAILED,
        IncompleteReason.INTERNAL_ERROR,
        IncompleteReason.USAGE_ERROR,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a suite condition may look at. ``base`` is None when no baseline was obtainable. ``newly_bad`` counts
    the tests that are worse on head than on base; ``newly_muted`` are those that are muted on head alone, and
    ``new_reruns`` those that do not fail on base and that a plugin may run again more often on head, ascending.
    """

    base: AssessedSide | None
    head: AssessedSide
    changed_files: ChangedFiles
    policy: Policy
    newly_bad: int
    newly_muted: tuple[str, ...]
    new_reruns: tuple[str, ...]

    @property
    def sides(self) -> tuple[tuple[Side, AssessedSide], ...]:
        """The sides that there are, base first."""
        head = (Side.HEAD, self.head)
        return (head,) if self.base is None else ((Side.BASE, self.base), head)

    @property
    def base_complete(self) -> bool:
        """Whether there is a base, and it proves something."""
        return self.base is not None and self.base.completeness.complete

    @property
    def comparable(self) -> bool:
        """Whether both sides prove something, so that their tests may be compared."""
        return self.base_complete and self.head.completeness.complete

    @property
    def repaired(self) -> bool:
        """Whether head has tests and ran to its end, and base did not for a fault of its tree."""
        return (
            self.base is not None
            and self.head.completeness.complete
            and self.head.tests > 0
            and (
                self.base.completeness.reason in _FAULTS_OF_THE_TREE
                or (
                    self.base.completeness.reason is IncompleteReason.INTERRUPTED
                    and bool(self.base.facts.collection_errors)
                )
            )
        )

    def reason(self, condition: Condition, subjects: Iterable[str] = (), *, n: int = 0, message: str = "") -> Reason:
        """The reason that ``condition`` gives under the policy. Its message counts ``n`` unless another is given."""
        return Reason(
            code=condition,
            effect=self.policy.conditions[condition],
            subjects=tuple(sorted(set(subjects))),
            message=message or condition_message(condition, n),
        )

    def incomplete_third(self, side: Side, assessed: AssessedSide) -> Reason:
        """The reason that an incomplete cross or reverse side gives: then the rules for the other sides hold."""
        assert assessed.completeness.reason is not None
        code = Incomplete(side=side, reason=assessed.completeness.reason)
        run = assessed.evidence.suite_run
        message = incomplete_message(code, exit_code=run.exit_code, signal=run.process.signal)
        return Reason(code=code, effect=self.policy.incomplete[code], subjects=(), message=message)
