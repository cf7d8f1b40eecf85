"""Derive an attempt's recorded decision again from the stored evidence."""

from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.domain.replay import Replay, replay
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.stored_inputs import stored_changed_files, stored_side
from autopack_model.identity.value import AttemptRef


def replay_attempt(store: StoreService, ref: AttemptRef) -> Replay:
    """Compare the recorded decision with what the evidence that it names gives today. Nothing is recorded.

    Raises DamagedAnswer when decision or evidence are not those of their digests, and what the port raises, for an
    attempt without a decision and for evidence that is gone.
    """
    recorded = store.decision(ref)
    base = None if recorded.base is None else stored_side(store, recorded.base.evidence_digest)
    head = stored_side(store, recorded.head.evidence_digest, beside=base)
    replayed = replay(recorded, base, head, stored_changed_files(store, ref))
    known = store.attempt(ref).decision_digest
    if known != replayed.recorded_digest:
        raise DamagedAnswer(
            f"the store says that the decision of {ref} has the digest {known}, and answered with a decision that has "
            f"{replayed.recorded_digest}. Check the store's data",
            subject=str(ref),
        )
    return replayed
