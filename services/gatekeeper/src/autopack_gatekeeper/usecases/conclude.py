"""Conclude a decided attempt, with what its auditor recommends."""

from dataclasses import dataclass
from typing import Final

from autopack_gatekeeper.domain.errors import DamagedAnswer, Overtaken, Undecided
from autopack_gatekeeper.ports import AttemptStore
from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import Recommendation
from autopack_model.decision.value import Verdict
from autopack_model.identity.value import AttemptRef
from autopack_model.run.attempt_state import CONCLUSIONS, concluded

TRIES: Final = 3
"""How often an attempt is read, and concluded, whose auditor comes in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """The verdict, all considered, what the auditor recommended (None without one), and whether this is a first answer
    again.
    """

    verdict: Verdict
    recommendation: Recommendation | None
    replayed: bool


def conclude(attempts: AttemptStore, request_id: str, ref: AttemptRef) -> Concluded:
    """Conclude the attempt and record it. Raises Undecided, DamagedAnswer, Overtaken when what the store holds was
    another each time, and what the port raises.
    """
    for _ in range(TRIES - 1):
        try:
            return _conclude(attempts, request_id, ref)
        except Overtaken:  # nothing was kept, so the same request may say something else now
            continue
    return _conclude(attempts, request_id, ref)


def _conclude(attempts: AttemptStore, request_id: str, ref: AttemptRef) -> Concluded:
    attempt = attempts.attempt(ref)
    if attempt.verdict is None:
        raise Undecided(f"attempt {ref} has no recorded decision; decide it first", subject=str(ref))
    recommendation: Recommendation | None = None
    if attempt.auditor_result_digest is not None:
        audit = attempts.auditor_result(ref)
        if auditor_result_digest(audit) != attempt.auditor_result_digest:
            raise DamagedAnswer(
                f"the store answered the auditor result of {ref} with another one; nothing was concluded. Check the "
                "store's data",
                subject=str(ref),
            )
        recommendation = audit.recommendation
    verdict = concluded(attempt.verdict, recommendation)
    replayed = attempts.conclude(request_id, ref, CONCLUSIONS[verdict])
    return Concluded(verdict=verdict, recommendation=recommendation, replayed=replayed)
