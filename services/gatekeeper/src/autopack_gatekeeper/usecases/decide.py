"""Decide one attempt, and record the decision."""

from dataclasses import dataclass

from autopack_gatekeeper.domain import decide as domain
from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.domain.policy import DEFAULT_POLICY
from autopack_gatekeeper.domain.waivers import NO_WAIVERS
from autopack_gatekeeper.ports import DecisionStore, EvidenceSource
from autopack_results.changed_files import ChangedFiles
from autopack_results.decision import Decision, SideAssessment
from autopack_results.digest import decision_digest
from autopack_results.identity import AttemptRef


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAttempt:
    """What is to be decided. ``base_evidence_digest`` is None when no baseline was obtainable."""

    request_id: str
    attempt: AttemptRef
    base_evidence_digest: str | None
    head_evidence_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A recorded decision, whether it was recorded before, and whether this is a first answer again."""

    decision: Decision
    decision_digest: str
    already_present: bool
    replayed: bool


def decide(source: EvidenceSource, decisions: DecisionStore, request: DecideAttempt) -> Decided:
    """Decide on the stored evidence, and record the decision.

    The digest of each side, which the decision has to compute anyway, is compared with the one that was asked for
    before anything is recorded. Raises DamagedAnswer, IncomparableEvidence, and what the ports raise.
    """
    base_digest, head_digest = request.base_evidence_digest, request.head_evidence_digest
    changed_files = source.changed_files(request.attempt)
    if changed_files is None:
        changed_files = ChangedFiles.unknown("no changed files were recorded for the attempt")
    base = None if base_digest is None else source.evidence(base_digest)
    decision = domain.decide(
        base,
        source.evidence(head_digest),
        changed_files,
        DEFAULT_POLICY,
        NO_WAIVERS,
    )
    if decision.base is not None and base is not None and base_digest is not None:
        _check_digest(decision.base, base_digest)
        source.keep(base_digest, base)
    _check_digest(decision.head, head_digest)
    digest = decision_digest(decision)
    recorded = decisions.record(request.request_id, request.attempt, decision, digest)
    return Decided(
        decision=decision,
        decision_digest=digest,
        already_present=recorded.already_present,
        replayed=recorded.replayed,
    )


def _check_digest(side: SideAssessment, asked: str) -> None:
    if side.evidence_digest != asked:
        raise DamagedAnswer(
            f"the store answered {asked} with evidence that comes to {side.evidence_digest}; nothing was decided. "
            "Check the store's data",
            subject=asked,
        )
