"""The typed client of the gatekeeper: domain values go in and come out."""

import contextlib
from collections.abc import Iterator

import grpc

from autopack.gatekeeper.v1 import gatekeeper_service_pb2, gatekeeper_service_pb2_grpc
from autopack_clients.errors import GatekeeperRefused, GatekeeperUnavailable, StorageFull
from autopack_model.decision.value import Decision
from autopack_model.decision.wire import decision_from_chunks
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.request_id import new_request_id


class GatekeeperClient:
    """Every call of the gatekeeper. It raises GatekeeperUnavailable and GatekeeperRefused."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = gatekeeper_service_pb2_grpc.GatekeeperServiceStub(channel)

    def decide(self, attempt: AttemptRef, *, base: str | None, head: str) -> None:
        """Have an attempt decided from the evidence with these digests."""
        with _calling(attempt):
            self._stub.Decide(
                gatekeeper_service_pb2.DecideRequest(
                    request_id=new_request_id(),
                    attempt=attempt_ref_to_wire(attempt),
                    base_evidence_digest=base,
                    head_evidence_digest=head,
                )
            )

    def conclude(self, attempt: AttemptRef) -> None:
        """Have a decided attempt concluded; the gatekeeper records it."""
        with _calling(attempt):
            self._stub.Conclude(
                gatekeeper_service_pb2.ConcludeRequest(
                    request_id=new_request_id(), attempt=attempt_ref_to_wire(attempt)
                )
            )

    def decision(self, attempt: AttemptRef) -> Decision:
        """The recorded decision of an attempt."""
        with _calling(attempt):
            request = gatekeeper_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(attempt))
            return decision_from_chunks(part.chunk for part in self._stub.GetDecision(request))


@contextlib.contextmanager
def _calling(attempt: AttemptRef) -> Iterator[None]:
    try:
        with remote_errors():
            yield
    except RemoteError as error:
        if error.unreachable:
            raise GatekeeperUnavailable(
                f"the gatekeeper cannot be reached ({error.message}); check that it runs and its address",
                subject=str(attempt),
            ) from error
        if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise StorageFull(f"the decision has no room: {error.message}", subject=str(attempt)) from error
        raise GatekeeperRefused(
            f"the gatekeeper could not decide {attempt}: {error.message} [{error.reason}]", subject=str(attempt)
        ) from error
