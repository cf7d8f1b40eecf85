"""DecisionService."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import decision_service_pb2 as pb
from autopack.store.v1 import decision_service_pb2_grpc
from autopack_model.approval.value import Answer, check_person
from autopack_model.decision.wire import decision_chunks, decision_from_chunks, verdict_to_wire
from autopack_model.digest import check_digest
from autopack_model.fields import read_enum, require
from autopack_model.identity.wire import attempt_ref_from_wire
from autopack_model.policy.wire import terms_from_wire, terms_to_wire
from autopack_model.run.wire import attempt_state_to_wire
from autopack_model.stream import opened
from autopack_rpc.request_id import check_request_id
from autopack_store.decisions.afterwards import record_approval, record_further_decision
from autopack_store.decisions.rules import get_decision, get_terms, record_decision
from autopack_store.unit_of_work import Clock, Database


class DecisionServicer(decision_service_pb2_grpc.DecisionServiceServicer):
    """Decisions of attempts, in chunks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def RecordDecision(
        self, request_iterator: Iterator[pb.RecordDecisionRequest], context: grpc.ServicerContext
    ) -> pb.RecordDecisionResponse:
        """Record an attempt's decision."""
        start, chunks = opened(request_iterator)
        require(start, "terms", "start.terms")
        recorded = record_decision(
            self._database,
            self._clock,
            check_request_id(start.request_id),
            attempt_ref_from_wire(start.attempt),
            check_digest(start.decision_digest, "start.decision_digest"),
            decision_from_chunks(chunks),
            terms_from_wire(start.terms),
            conclude=start.conclude,
        )
        return pb.RecordDecisionResponse(
            already_present=recorded.already_present,
            replayed=recorded.replayed,
            state=attempt_state_to_wire(recorded.state),
        )

    def GetDecision(
        self, request: pb.GetDecisionRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.GetDecisionResponse]:
        """An attempt's decision."""
        for chunk in decision_chunks(
            get_decision(self._database, attempt_ref_from_wire(request.attempt), request.number)
        ):
            yield pb.GetDecisionResponse(chunk=chunk)

    def GetTerms(self, request: pb.GetTermsRequest, context: grpc.ServicerContext) -> pb.GetTermsResponse:
        """The terms of an attempt's decision."""
        return pb.GetTermsResponse(
            terms=terms_to_wire(get_terms(self._database, attempt_ref_from_wire(request.attempt), request.number))
        )

    def RecordFurtherDecision(
        self, request_iterator: Iterator[pb.RecordFurtherDecisionRequest], context: grpc.ServicerContext
    ) -> pb.RecordFurtherDecisionResponse:
        """Record a decision that was made anew."""
        start, chunks = opened(request_iterator)
        require(start, "terms", "start.terms")
        number, verdict, replayed = record_further_decision(
            self._database,
            self._clock,
            check_request_id(start.request_id),
            attempt_ref_from_wire(start.attempt),
            check_digest(start.decision_digest, "start.decision_digest"),
            decision_from_chunks(chunks),
            terms_from_wire(start.terms),
            check_person(start.name, "start.name"),
        )
        return pb.RecordFurtherDecisionResponse(number=number, verdict=verdict_to_wire(verdict), replayed=replayed)

    def RecordApproval(
        self, request: pb.RecordApprovalRequest, context: grpc.ServicerContext
    ) -> pb.RecordApprovalResponse:
        """Record a person's answer."""
        answer = record_approval(
            self._database,
            self._clock,
            check_request_id(request.request_id),
            attempt_ref_from_wire(request.attempt),
            request.decision_digest,
            read_enum(Answer, request.answer, "answer"),
            request.name,
            request.reason,
        )
        return pb.RecordApprovalResponse(replayed=answer.replayed)
