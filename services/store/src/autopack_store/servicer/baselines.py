"""BaselineService."""

import grpc

from autopack.store.v1 import baseline_service_pb2 as pb
from autopack.store.v1 import baseline_service_pb2_grpc
from autopack_model.digest import check_digest
from autopack_rpc.request_id import check_request_id
from autopack_store.ports import Clock, Database
from autopack_store.usecases.find_baseline import find_baseline
from autopack_store.usecases.record_baseline import record_baseline
from autopack_store.wire import key_from_wire


class BaselineServicer(baseline_service_pb2_grpc.BaselineServiceServicer):
    """Baselines by key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def RecordBaseline(
        self, request: pb.RecordBaselineRequest, context: grpc.ServicerContext
    ) -> pb.RecordBaselineResponse:
        """Name stored evidence as the baseline of a key."""
        answer = record_baseline(
            self._database,
            self._clock,
            check_request_id(request.request_id),
            key_from_wire(request.key),
            check_digest(request.evidence_digest, "evidence_digest"),
        )
        return pb.RecordBaselineResponse(evidence_digest=answer.text, replayed=answer.replayed)

    def FindBaseline(self, request: pb.FindBaselineRequest, context: grpc.ServicerContext) -> pb.FindBaselineResponse:
        """The baseline of a key."""
        return pb.FindBaselineResponse(evidence_digest=find_baseline(self._database, key_from_wire(request.key)))
