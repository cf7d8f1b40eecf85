"""The store service as the gatekeeper sees it, in memory."""

import grpc

from autopack_gatekeeper.domain.errors import Overtaken
from autopack_model.approval.value import FurtherDecision
from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.document import decision_digest as digest_of
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.policy.terms import Terms
from autopack_model.run.attempt_state import CONCLUSIONS, AttemptState, concluded
from autopack_model.run.value import Attempt, SideEvidence
from autopack_rpc.errors import RemoteError


class InMemoryStore:
    """Implements ``ports.StoreService`` of the gatekeeper."""

    def __init__(self) -> None:
        self._evidence: dict[str, Evidence] = {}
        self._changed_files: dict[AttemptRef, ChangedFiles] = {}
        self._audits: dict[AttemptRef, AuditorResult] = {}
        self.conclusions: dict[AttemptRef, tuple[str, AttemptState]] = {}
        self.detached: set[Side] = set()
        """The sides that no attempt has evidence of, whatever its decision says."""
        self.further: dict[tuple[AttemptRef, int], tuple[Decision, Terms, str]] = {}
        self.state = AttemptState.DECIDING
        """The state of every attempt."""
        self.retries_of: dict[str, tuple[str, ...]] = {}
        """What other attempts retried, by the digest of the suite run."""
        self._terms: dict[AttemptRef, Terms] = {}
        self.decisions: dict[AttemptRef, tuple[str, Decision, str]] = {}

    def add(self, evidence: Evidence, *, under: str | None = None) -> str:
        """Keep ``evidence``, under another digest than its own when told so; returns the digest."""
        digest = under or evidence_digest(evidence)
        self._evidence[digest] = evidence
        return digest

    def add_changed_files(self, attempt: AttemptRef, changed_files: ChangedFiles) -> None:
        """Keep the changed files of an attempt."""
        self._changed_files[attempt] = changed_files

    def evidence(self, evidence_digest: str) -> Evidence:
        """The evidence with this digest."""
        if evidence_digest not in self._evidence:
            raise not_found(evidence_digest)
        return self._evidence[evidence_digest]

    def retries(self, evidence_digest: str, attempt: AttemptRef) -> tuple[str, ...]:
        """Digests of the retries that other attempts made of a suite run."""
        return self.retries_of.get(evidence_digest, ())

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles | None:
        """The changed files of an attempt, None when none were recorded."""
        return self._changed_files.get(attempt)

    def record(
        self,
        request_id: str,
        attempt: AttemptRef,
        decision: Decision,
        decision_digest: str,
        terms: Terms,
        *,
        conclude: bool,
    ) -> RecordedDecision:
        """Record the attempt's decision."""
        present = attempt in self.decisions
        self._terms[attempt] = terms
        self.decisions[attempt] = (request_id, decision, decision_digest)
        state = CONCLUSIONS[decision.verdict] if conclude else AttemptState.DECIDING
        return RecordedDecision(state=state, already_present=present, replayed=False)

    def decision(self, attempt: AttemptRef, number: int = 0) -> Decision:
        """The first decision of an attempt, or the further one with ``number``."""
        if number:
            return self.further[attempt, number][0]
        if attempt not in self.decisions:
            raise not_found(str(attempt))
        return self.decisions[attempt][1]

    def terms(self, attempt: AttemptRef, number: int = 0) -> Terms:
        """The terms of such a decision."""
        return self.further[attempt, number][1] if number else self._terms[attempt]

    def record_further(
        self, request_id: str, attempt: AttemptRef, decision: Decision, decision_digest: str, terms: Terms, name: str
    ) -> tuple[int, Verdict]:
        """Record a decision that was made anew."""
        number = 1 + sum(ref == attempt for ref, _ in self.further)
        self.further[attempt, number] = decision, terms, name
        return number, decision.verdict

    def add_audit(self, audit: AuditorResult) -> None:
        """Keep what an auditor said of its attempt."""
        self._audits[audit.attempt] = audit

    def _attached(self, decision: Decision) -> tuple[SideEvidence, ...]:
        return tuple(
            SideEvidence(side=side, evidence_digest=assessed.evidence_digest, reused=False)
            for side, assessed in decision.sides()
            if assessed is not None and side not in self.detached
        )

    def attempt(self, ref: AttemptRef) -> Attempt:
        """The attempt as the store knows it."""
        decided = self.decisions.get(ref)
        audit = self._audits.get(ref)
        return Attempt(
            ref=ref,
            state=self.state,
            evidence=() if decided is None else self._attached(decided[1]),
            verdict=None if decided is None else decided[1].verdict,
            decision_digest=None if decided is None else decided[2],
            builder_result_digest=None,
            auditor_result_digest=None if audit is None else auditor_result_digest(audit),
            further_decisions=tuple(
                FurtherDecision(
                    number=number,
                    decision_digest=digest_of(decision),
                    verdict=decision.verdict,
                    name=name,
                    at_ms=0,
                )
                for (of, number), (decision, _, name) in self.further.items()
                if of == ref
            ),
        )

    def auditor_result(self, ref: AttemptRef) -> AuditorResult:
        """What the auditor of an attempt said."""
        return self._audits[ref]

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """Record what came of a decided attempt, if it is what decision and auditor come to."""
        audit = self._audits.get(ref)
        verdict = concluded(self.decision(ref).verdict, None if audit is None else audit.recommendation)
        if state is not CONCLUSIONS[verdict]:
            raise Overtaken(f"attempt {ref} comes to {verdict.name}; conclude it again", subject=str(ref))
        present = self.conclusions.get(ref) == (request_id, state)
        self.conclusions[ref] = (request_id, state)
        return present


def not_found(subject: str) -> RemoteError:
    """What a store says of a thing that it does not hold."""
    return RemoteError(
        code=grpc.StatusCode.NOT_FOUND, reason="NOT_FOUND", domain="store", message=f"there is no {subject}"
    )
