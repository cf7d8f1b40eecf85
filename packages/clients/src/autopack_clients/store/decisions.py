"""Calls of the store about decisions."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import decision_service_pb2, decision_service_pb2_grpc
from autopack_clients.calls import calling
from autopack_model.approval.value import Answer
from autopack_model.approval.wire import answer_to_wire
from autopack_model.decision.recorded import RecordedDecision
from autopack_model.decision.value import Decision, Verdict
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.fields import read_enum
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.policy.terms import Terms
from autopack_model.policy.wire import terms_from_wire, terms_to_wire
from autopack_model.run.wire import attempt_state_from_wire
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.request_id import new_request_id


class DecisionCalls:
    """Recorded decisions: whoever reads them needs no gatekeeper for it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)

    def decision(self, attempt: AttemptRef, number: int = 0) -> Decision:
        """The first decision of an attempt, or the further one with ``number``.

        Raises StoreUnavailable, StoreRefused.
        """
        with calling(str(attempt)):
            request = decision_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(attempt), number=number)
            return decision_from_chunks(part.chunk for part in self._decisions.GetDecision(request))

    def terms(self, attempt: AttemptRef, number: int = 0) -> Terms:
        """What such a decision was derived from besides evidence and changed files.

        Raises StoreUnavailable, StoreRefused.
        """
        with calling(str(attempt)):
            request = decision_service_pb2.GetTermsRequest(attempt=attempt_ref_to_wire(attempt), number=number)
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

    def record_further_decision(
        self, request_id: str, attempt: AttemptRef, decision: Decision, decision_digest: str, terms: Terms, name: str
    ) -> tuple[int, Verdict]:
        """Record a decision that was made anew because ``name`` asked for it; returns the number and the verdict of the
        decision that stands then. The request id of the caller serves again.
        """
        start = decision_service_pb2.RecordFurtherDecisionStart(
            request_id=request_id,
            attempt=attempt_ref_to_wire(attempt),
            decision_digest=decision_digest,
            terms=terms_to_wire(terms),
            name=name,
        )

        def parts() -> Iterator[decision_service_pb2.RecordFurtherDecisionRequest]:
            yield decision_service_pb2.RecordFurtherDecisionRequest(start=start)
            for chunk in decision_chunks(decision):
                yield decision_service_pb2.RecordFurtherDecisionRequest(chunk=chunk)

        with calling(str(attempt)):
            answer = self._decisions.RecordFurtherDecision(Repeatable(parts))
        return answer.number, read_enum(Verdict, answer.verdict, "verdict")

    def record_approval(
        self, attempt: AttemptRef, decision_digest: str, answer: Answer, name: str, reason: str
    ) -> None:
        """Record the answer of ``name`` to the decision with this digest. Raises StoreUnavailable, StoreRefused."""
        with calling(str(attempt)):
            self._decisions.RecordApproval(
                decision_service_pb2.RecordApprovalRequest(
                    request_id=new_request_id(),
                    attempt=attempt_ref_to_wire(attempt),
                    decision_digest=decision_digest,
                    answer=answer_to_wire(answer),
                    name=name,
                    reason=reason,
                )
            )
