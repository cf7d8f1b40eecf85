"""`GrpcDecisions`: recorded decisions, read from the store service over its contract."""

import grpc

from autopack.store.v1 import decision_service_pb2, decision_service_pb2_grpc
from autopack_executor.domain.errors import StoreRefused, StoreUnavailable
from autopack_results.decision import Decision
from autopack_results.identity import AttemptRef
from autopack_results.wire.decision import decision_from_chunks
from autopack_results.wire.identity import attempt_ref_to_wire
from autopack_rpc.errors import RemoteError, remote_errors


class GrpcDecisions:
    """Implements ``ports.Decisions``: whoever reads needs no gatekeeper for it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = decision_service_pb2_grpc.DecisionServiceStub(channel)

    def decision(self, attempt: AttemptRef) -> Decision:
        """The recorded decision of an attempt. Raises StoreUnavailable, StoreRefused."""
        try:
            with remote_errors():
                request = decision_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(attempt))
                return decision_from_chunks(part.chunk for part in self._stub.GetDecision(request))
        except RemoteError as error:
            if error.unreachable:
                raise StoreUnavailable(
                    f"the store cannot be reached ({error.message}); check that it runs and its address",
                    subject=str(attempt),
                ) from error
            raise StoreRefused(
                f"the store gives no decision of {attempt}: {error.message} [{error.reason}]", subject=str(attempt)
            ) from error
