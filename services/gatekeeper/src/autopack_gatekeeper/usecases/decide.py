"""Decide one attempt, and record the decision."""

from dataclasses import dataclass

from autopack_gatekeeper.domain.assessment import AssessedSide, assess_side
from autopack_gatekeeper.domain.decide import decide_sides
from autopack_gatekeeper.domain.errors import DamagedAnswer
from autopack_gatekeeper.domain.policy import DEFAULT_POLICY
from autopack_gatekeeper.domain.waivers import NO_WAIVERS
from autopack_gatekeeper.ports import Baselines, DecisionStore, EvidenceSource
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision
from autopack_model.identity.value import AttemptRef


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


def decide(source: EvidenceSource, baselines: Baselines, decisions: DecisionStore, request: DecideAttempt) -> Decided:
    """Decide on the stored evidence, and record the decision.

    The digest of each side, which the decision has to compute anyway, is compared with the one that was asked for
    before anything is decided. Raises DamagedAnswer, IncomparableEvidence, and what the ports raise.
    """
    base_digest = request.base_evidence_digest
    changed_files = source.changed_files(request.attempt)
    if changed_files is None:
        changed_files = ChangedFiles.unknown("no changed files were recorded for the attempt")
    base = None if base_digest is None else _baseline(source, baselines, base_digest)
    head = _assessed(source, request.head_evidence_digest, beside=base)
    decision = decide_sides(base, head, changed_files, DEFAULT_POLICY, NO_WAIVERS)
    digest = decision_digest(decision)
    recorded = decisions.record(request.request_id, request.attempt, decision, digest)
    return Decided(
        decision=decision,
        decision_digest=digest,
        already_present=recorded.already_present,
        replayed=recorded.replayed,
    )


def _baseline(source: EvidenceSource, baselines: Baselines, asked: str) -> AssessedSide:
    side = baselines.side(asked)
    if side is None:
        side = _assessed(source, asked)
        baselines.keep(side)
    return side


def _assessed(source: EvidenceSource, asked: str, *, beside: AssessedSide | None = None) -> AssessedSide:
    side = assess_side(source.evidence(asked), beside=beside)
    if side.facts.evidence_digest != asked:
        raise DamagedAnswer(
            f"the store answered {asked} with evidence that comes to {side.facts.evidence_digest}; nothing was "
            "decided. Check the store's data",
            subject=asked,
        )
    return side
