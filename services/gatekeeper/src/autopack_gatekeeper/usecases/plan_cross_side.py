"""Say what is to be run for the cross side of an attempt."""

from dataclasses import dataclass

from autopack_gatekeeper.domain.decide import plan_cross
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.decide_attempt import recent_changed_files, recent_side
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_gatekeeper.usecases.stored_inputs import retried
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCrossSide:
    """The two sides that were measured, each with its retries in the order of their numbers, and the attempt whose
    changed files are looked at.
    """

    attempt: AttemptRef
    base_evidence_digest: str
    head_evidence_digest: str
    terms: Terms
    base_retry_digests: tuple[str, ...] = ()
    head_retry_digests: tuple[str, ...] = ()


def plan_cross_side(store: StoreService, sides: RecentSides, request: PlanCrossSide) -> CrossPlan:
    """What to run; nothing is recorded. Raises DamagedAnswer, IncomparableEvidence, and what the port raises."""
    base = recent_side(store, sides, request.base_evidence_digest)
    head = recent_side(store, sides, request.head_evidence_digest, beside=base)
    base = retried(store, base, request.base_retry_digests)
    head = retried(store, head, request.head_retry_digests)
    return plan_cross(base, head, recent_changed_files(store, sides, request.attempt), request.terms)
