"""`RemoteStore`: the store service through its client, with what its refusals mean to the gatekeeper."""

import contextlib
from collections.abc import Iterator
from typing import Final

import grpc

from autopack_clients.errors import StoreNotFound, StoreUnavailable
from autopack_clients.store import StoreClient
from autopack_gatekeeper.domain.errors import DamagedAnswer, Overtaken, StoreUnreachable, UnknownAttempt
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision, Verdict
from autopack_model.errors import AutopackError, InvalidValue
from autopack_model.evidence.value import Evidence
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.terms import Terms
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt
from autopack_rpc.errors import RemoteError

WRONG_CONCLUSION: Final = "WRONG_CONCLUSION"
"""The reason of the store's refusal of a conclusion that decision and auditor do not come to."""


class RemoteStore:
    """Implements ``ports.StoreService``."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._store = StoreClient(channel)

    def evidence(self, evidence_digest: str) -> Evidence:
        """See ``StoreService``."""
        with _calling(evidence_digest):
            return self._store.unverified_evidence(evidence_digest)

    def retries(self, evidence_digest: str, attempt: AttemptRef) -> tuple[str, ...]:
        """See ``StoreService``."""
        with _calling(evidence_digest):
            return self._store.list_retries(evidence_digest, attempt)

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles | None:
        """See ``StoreService``."""
        with _calling(str(attempt)):
            try:
                return self._store.changed_files(attempt)
            except StoreNotFound:
                return None

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
        """See ``StoreService``."""
        with _calling(str(attempt)):
            return self._store.record_decision(request_id, attempt, decision, decision_digest, terms, conclude=conclude)

    def decision(self, attempt: AttemptRef, number: int = 0) -> Decision:
        """See ``StoreService``."""
        with _calling(str(attempt)):
            return self._store.decision(attempt, number)

    def terms(self, attempt: AttemptRef, number: int = 0) -> Terms:
        """See ``StoreService``."""
        with _calling(str(attempt)):
            return self._store.terms(attempt, number)

    def record_further(
        self, request_id: str, attempt: AttemptRef, decision: Decision, decision_digest: str, terms: Terms, name: str
    ) -> tuple[int, Verdict]:
        """See ``StoreService``."""
        with _calling(str(attempt)):
            return self._store.record_further_decision(request_id, attempt, decision, decision_digest, terms, name)

    def attempt(self, ref: AttemptRef) -> Attempt:
        """See ``StoreService``."""
        with _calling(str(ref)):
            run = self._store.run(ref.run_id)
        found = next((attempt for attempt in run.attempts if attempt.ref == ref), None)
        if found is None:
            raise UnknownAttempt(f"run {ref.run_id} has no attempt {ref}; name one that it has", subject=str(ref))
        return found

    def auditor_result(self, ref: AttemptRef) -> AuditorResult:
        """See ``StoreService``."""
        with _calling(str(ref)):
            return self._store.auditor_result(ref).result

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """See ``StoreService``."""
        try:
            with _calling(str(ref)):
                return self._store.conclude(request_id, ref, state)
        except RemoteError as error:
            if error.reason != WRONG_CONCLUSION:
                raise
            raise Overtaken(error.message, subject=str(ref)) from error


@contextlib.contextmanager
def _calling(subject: str) -> Iterator[None]:
    """Tell a store that cannot be reached, and an answer that its contract does not allow, from what it refuses: that
    goes to the caller as the store said it.
    """
    try:
        yield
    except StoreUnavailable as error:
        raise StoreUnreachable(error.message, subject=subject) from error
    except InvalidValue as error:
        raise DamagedAnswer(
            f"what the store answered about {subject} is not valid ({error}); nothing was decided. "
            "Check the store's data",
            subject=subject,
        ) from error
    except AutopackError as error:
        refusal = error.__cause__
        while refusal is not None and not isinstance(refusal, RemoteError):
            refusal = refusal.__cause__
        raise error if refusal is None else refusal from error
