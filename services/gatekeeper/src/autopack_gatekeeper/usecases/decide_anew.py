"""Decide an attempt anew, whose run has ended, under more waivers."""

from dataclasses import dataclass
from datetime import date

from autopack_gatekeeper.domain.errors import Undecided
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.replay_attempt import derive
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Verdict
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.terms import Terms
from autopack_model.policy.waiver import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAnew:
    """What is to be decided anew: the ``waivers`` come to those of the decision that stands, ``name`` asks for it."""

    request_id: str
    attempt: AttemptRef
    waivers: tuple[Waiver, ...]
    day: date
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedAnew:
    """The number of the decision that stands then, what came of it, and the digest of what was decided."""

    number: int
    verdict: Verdict
    digest: str


def decide_anew(store: StoreService, request: DecideAnew) -> DecidedAnew:
    """Decide on the stored evidence, and record the decision beside the one that stands.

    Raises Undecided, InvalidValue for too many waivers, the errors of ``derive``, and what the port raises.
    """
    attempt = store.attempt(request.attempt)
    standing = attempt.standing
    if standing is None:
        raise Undecided(
            f"attempt {request.attempt} was not concluded with a decision, so that nothing can be decided anew",
            subject=str(request.attempt),
        )
    before = store.terms(request.attempt, standing.number)
    waivers = sorted({*before.waivers, *request.waivers}, key=lambda waiver: waiver.sort_key)
    terms = Terms(policy=before.policy, waivers=tuple(waivers), day=request.day, source=before.source)
    decision = derive(store, attempt, store.decision(request.attempt), terms)
    digest = decision_digest(decision)
    number, verdict = store.record_further(request.request_id, request.attempt, decision, digest, terms, request.name)
    return DecidedAnew(number=number, verdict=verdict, digest=digest)
