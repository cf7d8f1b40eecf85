"""Calls of the store about decisions."""

import grpc

from autopack.store.v1 import decision_service_pb2, decision_service_pb2_grpc
from autopack_clients.calls import calling
from autopack_model.decision.value import Decision
from autopack_model.decision.wire import decision_from_chunks
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire


class DecisionCalls:
    """Recorded decisions: whoever reads them needs no gatekeeper for it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)

    def decision(self, attempt: AttemptRef) -> Decision:
        """The recorded decision of an attempt. Raises StoreUnavailable, StoreRefused."""
        with calling(str(attempt)):
            request = decision_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(attempt))
            return decision_from_chunks(part.chunk for part in self._decisions.GetDecision(request))
