"""What the store answers to a decision."""

from dataclasses import dataclass

from autopack_model.run.attempt_state import AttemptState


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """The state of the attempt, whether this very decision was recorded before, and whether this request was."""

    state: AttemptState
    already_present: bool
    replayed: bool
