"""Derive an attempt's recorded decision again from the stored evidence."""

from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.domain.replay import Replay, replay
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.stored_inputs import retried, stored_changed_files, stored_side
from autopack_model.decision.value import SideAssessment
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.run.value import Attempt


def replay_attempt(store: StoreService, ref: AttemptRef) -> Replay:
    """Compare the recorded decision with what the evidence that it names gives today. Nothing is recorded.

    Raises DamagedAnswer when decision or evidence are not those of their digests, or when the decision is about other
    evidence than the attempt has; and what the port raises, for an attempt without a decision and for evidence that is
    gone.
    """
    recorded, attempt = store.decision(ref), store.attempt(ref)
    _check_attached(attempt, Side.BASE, recorded.base)
    _check_attached(attempt, Side.HEAD, recorded.head)
    base = None if recorded.base is None else stored_side(store, recorded.base.evidence_digest)
    head = stored_side(store, recorded.head.evidence_digest, beside=base)
    if base is not None and recorded.base is not None:
        base = retried(store, base, _retries(recorded.base))
    head = retried(store, head, _retries(recorded.head))
    replayed = replay(recorded, base, head, stored_changed_files(store, ref), store.terms(ref))
    if attempt.decision_digest != replayed.recorded_digest:
        raise DamagedAnswer(
            f"the store says that the decision of {ref} has the digest {attempt.decision_digest}, and answered "
            f"with a decision that has {replayed.recorded_digest}. Check the store's data",
            subject=str(ref),
        )
    return replayed


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
