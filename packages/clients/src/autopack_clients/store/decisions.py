"""Calls of the store about decisions."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import decision_service_pb2, decision_service_pb2_grpc
from autopack_clients.calls import calling
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.policy.terms import Terms
from autopack_model.policy.wire import terms_from_wire, terms_to_wire
from autopack_model.run.wire import attempt_state_from_wire
from autopack_rpc.client.retrying import Repeatable


class DecisionCalls:
    """Recorded decisions: whoever reads them needs no gatekeeper for it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)

    def decision(self, attempt: AttemptRef) -> Decision:
        """The recorded decision of an attempt. Raises StoreUnavailable, StoreRefused."""
        with calling(str(attempt)):
            request = decision_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(attempt))
            return decision_from_chunks(part.chunk for part in self._decisions.GetDecision(request))

    def terms(self, attempt: AttemptRef) -> Terms:
        """What the recorded decision of an attempt was derived from besides evidence and changed files.

        Raises StoreUnavailable, StoreRefused.
        """
        with calling(str(attempt)):
            request = decision_service_pb2.GetTermsRequest(attempt=attempt_ref_to_wire(attempt))
            return terms_from_wire(self._decisions.GetTerms(request).terms)

    def record_decision(
        self,
        request_id: str,
        attempt: AttemptRef,
        decision: Decision,
        decision_digest: str,
        terms: Terms,
        *,
        conclude: bool,
    ) -> RecordedDecision:
        """Record the decision of an attempt with its terms, and conclude the attempt with it where no auditor will be
        asked.

        The request id of the caller serves again, so that a repetition is one mutation.
        """
        start = decision_service_pb2.RecordDecisionStart(
            request_id=request_id,
            attempt=attempt_ref_to_wire(attempt),
            decision_digest=decision_digest,
            conclude=conclude,
            terms=terms_to_wire(terms),
        )

        def parts() -> Iterator[decision_service_pb2.RecordDecisionRequest]:
            yield decision_service_pb2.RecordDecisionRequest(start=start)
            for chunk in decision_chunks(decision):
                yield decision_service_pb2.RecordDecisionRequest(chunk=chunk)

        with calling(str(attempt)):
            answer = self._decisions.RecordDecision(Repeatable(parts))
        return RecordedDecision(
            state=attempt_state_from_wire(answer.state, "state"),
            already_present=answer.already_present,
            replayed=answer.replayed,
        )
