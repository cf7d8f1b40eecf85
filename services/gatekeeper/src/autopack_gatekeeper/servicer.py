"""``gatekeeper.v1`` over the use cases: messages in, use case, messages out."""

from collections.abc import Iterator, Mapping

import grpc

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.gatekeeper.v1 import gatekeeper_service_pb2_grpc
from autopack_gatekeeper.domain import errors
from autopack_gatekeeper.ports import DecisionStore, EvidenceSource
from autopack_gatekeeper.usecases.decide import decide
from autopack_gatekeeper.usecases.get_decision import get_decision
from autopack_gatekeeper.wire import decide_request_from_wire, decided_to_wire
from autopack_results.wire.decision import decision_chunks
from autopack_results.wire.identity import attempt_ref_from_wire
from autopack_rpc.errors import ErrorTable
from autopack_rpc.roles import Role

DOMAIN = "gatekeeper.autopack"

ROLES: Mapping[str, frozenset[Role]] = {
    "/autopack.gatekeeper.v1.GatekeeperService/Decide": frozenset({Role.EXECUTOR}),
}
"""Who may have an attempt decided. Reading is open to every role."""

ERRORS: ErrorTable = {
    errors.GatekeeperError: grpc.StatusCode.INTERNAL,
    errors.IncomparableEvidence: grpc.StatusCode.FAILED_PRECONDITION,
    errors.DamagedAnswer: grpc.StatusCode.DATA_LOSS,
    errors.StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
}


class GatekeeperServicer(gatekeeper_service_pb2_grpc.GatekeeperServiceServicer):
    """Decides attempts and shows decisions."""

    def __init__(self, source: EvidenceSource, decisions: DecisionStore) -> None:
        self._source = source
        self._decisions = decisions

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> pb.DecideResponse:
        """Decide one attempt, and record the decision."""
        return decided_to_wire(decide(self._source, self._decisions, decide_request_from_wire(request)))

    def GetDecision(
        self, request: pb.GetDecisionRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.GetDecisionResponse]:
        """The recorded decision of an attempt."""
        for chunk in decision_chunks(get_decision(self._decisions, attempt_ref_from_wire(request.attempt))):
            yield pb.GetDecisionResponse(chunk=chunk)
