"""Say which tests are to be run again before an attempt is decided."""

from dataclasses import dataclass

from autopack_gatekeeper.domain.newly_bad import newly_bad
from autopack_gatekeeper.ports import StoreService
from autopack_gatekeeper.usecases.decide_attempt import recent_changed_files, recent_side
from autopack_gatekeeper.usecases.recent_sides import RecentSides
from autopack_gatekeeper.usecases.stored_inputs import stored_retries
from autopack_model.decision.newly_bad import NewlyBadTests
from autopack_model.identity.value import AttemptRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNewlyBad:
    """The two sides that are compared, and the attempt whose changed files say which files were renamed."""

    attempt: AttemptRef
    base_evidence_digest: str
    head_evidence_digest: str


def list_newly_bad(store: StoreService, sides: RecentSides, request: ListNewlyBad) -> NewlyBadTests:
    """The tests to run again; nothing is recorded. What earlier attempts know of the base is only asked for where there
    are any. Raises DamagedAnswer, IncomparableEvidence, and what the port raises.
    """
    base = recent_side(store, sides, request.base_evidence_digest)
    head = recent_side(store, sides, request.head_evidence_digest, beside=base)
    changed_files = recent_changed_files(store, sides, request.attempt)
    found = newly_bad(base, head, changed_files)
    if not found.tests:
        return found
    known = stored_retries(store, store.retries(request.base_evidence_digest, request.attempt))
    return newly_bad(base, head, changed_files, known) if known else found
