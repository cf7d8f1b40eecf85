"""BaselineService."""

import grpc

from autopack.store.v1 import baseline_service_pb2 as pb
from autopack.store.v1 import baseline_service_pb2_grpc
from autopack_store.baselines.rules import find_baseline
from autopack_store.baselines.wire import key_from_wire
from autopack_store.unit_of_work import Database


class BaselineServicer(baseline_service_pb2_grpc.BaselineServiceServicer):
    """Baselines by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def FindBaseline(self, request: pb.FindBaselineRequest, context: grpc.ServicerContext) -> pb.FindBaselineResponse:
        """The baseline of a key."""
        return pb.FindBaselineResponse(evidence_digest=find_baseline(self._database, key_from_wire(request.key)))
