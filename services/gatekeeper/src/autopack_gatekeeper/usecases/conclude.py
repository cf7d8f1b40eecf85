"""Conclude a decided attempt, with what its auditor recommends."""

from dataclasses import dataclass
from typing import Final

from autopack_gatekeeper.domain.errors import DamagedAnswer, Overtaken, Undecided
from autopack_gatekeeper.ports import StoreService
from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import Recommendation
from autopack_model.decision.value import Verdict
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import CONCLUSIONS, concluded

TRIES: Final = 3
"""How often the gatekeeper tries to conclude an attempt whose auditor's result arrives in the meantime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """The verdict after the auditor, what the auditor recommended (None without one), and whether this is the answer
    to a request that was made before.
    """

    verdict: Verdict
    recommendation: Recommendation | None
    replayed: bool


def conclude(store: StoreService, request_id: str, ref: AttemptRef) -> Concluded:
    """Conclude the attempt, and record the conclusion.

    Raises Undecided, DamagedAnswer, Overtaken when the store held something else at each try, and what the port raises.
    """
    for _ in range(TRIES - 1):
        try:
            return _conclude(store, request_id, ref)
        except Overtaken:  # the store kept nothing, so the same request may say something else now
            continue
    return _conclude(store, request_id, ref)


def _conclude(store: StoreService, request_id: str, ref: AttemptRef) -> Concluded:
    attempt = store.attempt(ref)
    if attempt.verdict is None:
        raise Undecided(f"attempt {ref} has no recorded decision; decide it first", subject=str(ref))
    recommendation: Recommendation | None = None
    if attempt.auditor_result_digest is not None:
        audit = store.auditor_result(ref)
        if auditor_result_digest(audit) != attempt.auditor_result_digest:
            raise DamagedAnswer(
                f"the auditor result that the store holds for {ref} is not the one that the attempt names; nothing was "
                "concluded. Check the store's data",
                subject=str(ref),
            )
        recommendation = audit.recommendation
    verdict = concluded(attempt.verdict, recommendation)
    replayed = store.conclude(request_id, ref, CONCLUSIONS[verdict])
    return Concluded(verdict=verdict, recommendation=recommendation, replayed=replayed)
