"""Look an attempt's decision up."""

from autopack_gatekeeper.ports import DecisionStore
from autopack_model.decision.value import Decision
from autopack_model.identity.value import AttemptRef


def get_decision(decisions: DecisionStore, attempt: AttemptRef) -> Decision:
    """The recorded decision. Raises what the port raises."""
    return decisions.decision(attempt)
