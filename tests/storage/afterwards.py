"""What people add to a decision, put straight into the tables."""

from autopack_model.approval.value import Answer, Approval, FurtherDecision
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision
from autopack_model.identity.value import AttemptRef
from autopack_store.unit_of_work import UnitOfWork
from tests.fakes.store import TERMS


def add_afterwards(store: UnitOfWork, ref: AttemptRef, decision: Decision) -> None:
    """Record ``decision`` a second time, as a further one, and an answer to it."""
    digest = decision_digest(decision)
    further = FurtherDecision(number=1, decision_digest=digest, verdict=decision.verdict, name="operator", at_ms=1)
    store.decisions.add_further(ref, further, decision, TERMS)
    answer = Approval(answer=Answer.APPROVED, decision_digest=digest, name="owner", reason="seen", at_ms=1)
    store.decisions.add_approval(ref, 1, answer)
