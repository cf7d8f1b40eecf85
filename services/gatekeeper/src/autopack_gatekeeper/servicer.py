"""``gatekeeper.v1`` over the use cases: messages in, use case, messages out."""

from collections.abc import Iterator, Mapping

import grpc

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.gatekeeper.v1 import gatekeeper_service_pb2_grpc
from autopack_gatekeeper.domain import errors
from autopack_gatekeeper.ports import AttemptStore, Baselines, DecisionStore, EvidenceSource
from autopack_gatekeeper.usecases.conclude import conclude
from autopack_gatekeeper.usecases.decide import decide
from autopack_gatekeeper.usecases.get_decision import get_decision
from autopack_gatekeeper.wire import concluded_to_wire, decide_request_from_wire, decided_to_wire
from autopack_model.decision.wire import decision_chunks
from autopack_model.identity.wire import attempt_ref_from_wire
from autopack_rpc.errors import ErrorTable
from autopack_rpc.request_id import check_request_id
from autopack_rpc.roles import Role

DOMAIN = "gatekeeper.autopack"

ROLES: Mapping[str, frozenset[Role]] = {
    "/autopack.gatekeeper.v1.GatekeeperService/Decide": frozenset({Role.EXECUTOR}),
    "/autopack.gatekeeper.v1.GatekeeperService/Conclude": frozenset({Role.EXECUTOR}),
}
"""Who may have an attempt decided and concluded. Reading is open to every role."""

ERRORS: ErrorTable = {
    errors.GatekeeperError: grpc.StatusCode.INTERNAL,
    errors.IncomparableEvidence: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Undecided: grpc.StatusCode.NOT_FOUND,
    errors.UnknownAttempt: grpc.StatusCode.NOT_FOUND,
    errors.Overtaken: grpc.StatusCode.ABORTED,
    errors.DamagedAnswer: grpc.StatusCode.DATA_LOSS,
    errors.StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
}


class GatekeeperServicer(gatekeeper_service_pb2_grpc.GatekeeperServiceServicer):
    """Decides and concludes attempts, and shows decisions."""

    def __init__(
        self, source: EvidenceSource, baselines: Baselines, decisions: DecisionStore, attempts: AttemptStore
    ) -> None:
        self._source = source
        self._baselines = baselines
        self._decisions = decisions
        self._attempts = attempts

    def Decide(self, request: pb.DecideRequest, context: grpc.ServicerContext) -> pb.DecideResponse:
        """Decide one attempt, and record the decision."""
        asked = decide_request_from_wire(request)
        return decided_to_wire(decide(self._source, self._baselines, self._decisions, asked))

    def Conclude(self, request: pb.ConcludeRequest, context: grpc.ServicerContext) -> pb.ConcludeResponse:
        """Conclude a decided attempt, with what its auditor recommends."""
        return concluded_to_wire(
            conclude(self._attempts, check_request_id(request.request_id), attempt_ref_from_wire(request.attempt))
        )

    def GetDecision(
        self, request: pb.GetDecisionRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.GetDecisionResponse]:
        """The recorded decision of an attempt."""
        for chunk in decision_chunks(get_decision(self._decisions, attempt_ref_from_wire(request.attempt))):
            yield pb.GetDecisionResponse(chunk=chunk)
