"""What the gatekeeper answers when it has decided."""

from dataclasses import dataclass

from autopack_model.decision.value import Decision
from autopack_model.run.attempt_state import AttemptState


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the gatekeeper answers when it has decided: the decision with its digest, and the state of the attempt.

    ``base_only`` are the test ids of the base that the head does not have, ascending: with the ids of the head they
    are the tests that the delta's cells are about.
    """

    decision: Decision
    digest: str
    state: AttemptState
    base_only: tuple[str, ...]
