"""Derive a decision from the stored evidence of an attempt: its recorded one again, or that of other terms."""

from autopack_gatekeeper.domain.decide import decide
from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.domain.replay import Replay, compare
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.stored_inputs import retried, stored_changed_files, stored_cross, stored_side
from autopack_model.decision.value import Decision, SideAssessment
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.terms import Terms
from autopack_model.run.value import Attempt


def replay_attempt(store: StoreService, ref: AttemptRef, number: int = 0) -> Replay:
    """Compare a recorded decision, the first one or the further one with ``number``, with what the evidence that it
    names gives today. Nothing is recorded.

    Raises DamagedAnswer when decision or evidence are not those of their digests, or when the decision is about other
    evidence than the attempt has; and what the port raises, for an attempt without a decision and for evidence that is
    gone.
    """
    recorded, attempt = store.decision(ref, number), store.attempt(ref)
    derived = derive(store, attempt, recorded, store.terms(ref, number))
    replayed = compare(recorded, derived)
    further = {each.number: each.decision_digest for each in attempt.further_decisions}
    known = further.get(number) if number else attempt.decision_digest
    if known != replayed.recorded_digest:
        raise DamagedAnswer(
            f"the store says that the decision of {ref} has the digest {known}, and answered "
            f"with a decision that has {replayed.recorded_digest}. Check the store's data",
            subject=str(ref),
        )
    return replayed


def what_if(store: StoreService, ref: AttemptRef, terms: Terms) -> Decision:
    """What other ``terms`` would make of the evidence of an attempt. Nothing is recorded. Raises the same errors."""
    return derive(store, store.attempt(ref), store.decision(ref), terms)


def derive(store: StoreService, attempt: Attempt, recorded: Decision, terms: Terms) -> Decision:
    """The decision that the evidence which ``recorded`` names gives under ``terms``. Raises the same errors as
    ``replay_attempt``.
    """
    for side, assessed in recorded.sides():
        _check_attached(attempt, side, assessed)
    base = None if recorded.base is None else stored_side(store, recorded.base.evidence_digest)
    head = stored_side(store, recorded.head.evidence_digest, beside=base)
    if base is not None and recorded.base is not None:
        base = retried(store, base, _retries(recorded.base))
    head = retried(store, head, _retries(recorded.head))
    cross = None
    if recorded.cross is not None:
        cross = stored_cross(store, recorded.cross.evidence_digest, _retries(recorded.cross), base)
    reverse = None
    if recorded.reverse is not None:
        reverse = stored_cross(store, recorded.reverse.evidence_digest, (), base)
    return decide(base, head, stored_changed_files(store, attempt.ref), terms, cross, reverse)


def _check_attached(attempt: Attempt, side: Side, assessed: SideAssessment | None) -> None:
    has = [entry.evidence_digest for entry in attempt.suite_runs(side)]
    cited = [] if assessed is None else [assessed.evidence_digest, *_retries(assessed)]
    if has != cited:
        raise DamagedAnswer(
            f"attempt {attempt.ref} has {', '.join(has) or 'no evidence'} for {side.name}, and its decision is about "
            f"{', '.join(cited) or 'none'}. Check the store's data",
            subject=str(attempt.ref),
        )


def _retries(assessed: SideAssessment) -> tuple[str, ...]:
    return tuple(retry.evidence_digest for retry in assessed.retries)
