"""BaselineService."""

import grpc

from autopack.store.v1 import baseline_service_pb2 as pb
from autopack.store.v1 import baseline_service_pb2_grpc
from autopack_model.digest import check_digest
from autopack_model.identity.wire import attempt_ref_from_wire
from autopack_store.baselines.rules import find_baseline, list_retries
from autopack_store.baselines.wire import key_from_wire
from autopack_store.unit_of_work import Database


class BaselineServicer(baseline_service_pb2_grpc.BaselineServiceServicer):
    """Baselines by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def FindBaseline(self, request: pb.FindBaselineRequest, context: grpc.ServicerContext) -> pb.FindBaselineResponse:
        """The baseline of a key."""
        return pb.FindBaselineResponse(evidence_digest=find_baseline(self._database, key_from_wire(request.key)))

    def ListRetries(self, request: pb.ListRetriesRequest, context: grpc.ServicerContext) -> pb.ListRetriesResponse:
        """The retries that other attempts made of a suite run."""
        digest = check_digest(request.evidence_digest, "evidence_digest")
        found = list_retries(self._database, digest, attempt_ref_from_wire(request.attempt))
        return pb.ListRetriesResponse(evidence_digests=found)
