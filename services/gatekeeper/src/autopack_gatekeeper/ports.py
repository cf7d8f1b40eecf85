"""What the use cases need from the store service, as a Protocol. ``adapters.remote_store`` implements it."""

from typing import Protocol

from autopack_model.auditor_result.value import AuditorResult
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision, Verdict
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.terms import Terms
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt


class StoreService(Protocol):
    """Where the inputs of decisions come from, and where decisions and conclusions are kept: one per attempt, for ever.

    Every method raises StoreUnreachable, DamagedAnswer, and RemoteError with what the store refused: NOT_FOUND for a
    thing that it does not hold.
    """

    def evidence(self, evidence_digest: str) -> Evidence:
        """The evidence with this digest. Whoever decides on it compares the digest: see ``usecases.stored_inputs``."""

    def retries(self, evidence_digest: str, attempt: AttemptRef) -> tuple[str, ...]:
        """Digests of the retries that other attempts than this one made of the suite run with this evidence."""

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles | None:
        """The changed files of an attempt, None when none were recorded."""

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
        """Record the attempt's decision with its terms, and conclude the attempt with it where no auditor will be
        asked.
        """

    def decision(self, attempt: AttemptRef, number: int = 0) -> Decision:
        """The first decision of an attempt, or the further one with ``number``."""

    def terms(self, attempt: AttemptRef, number: int = 0) -> Terms:
        """What such a decision was derived from besides evidence and changed files."""

    def record_further(
        self, request_id: str, attempt: AttemptRef, decision: Decision, decision_digest: str, terms: Terms, name: str
    ) -> tuple[int, Verdict]:
        """Record a decision that was made anew because ``name`` asked for it; the number and the verdict of the one
        that stands then.
        """

    def attempt(self, ref: AttemptRef) -> Attempt:
        """The attempt as the store knows it."""

    def auditor_result(self, ref: AttemptRef) -> AuditorResult:
        """What the auditor of an attempt said."""

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """Record what came of a decided attempt; returns whether this request was answered before.

        Raises Overtaken when the decision and the auditor's result, as the store has them now, come to another state.
        The store keeps nothing of such a request.
        """
