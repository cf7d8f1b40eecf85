"""HistoryService."""

import grpc

from autopack.store.v1 import history_service_pb2 as pb
from autopack.store.v1 import history_service_pb2_grpc
from autopack_model.fields import given, read_enum
from autopack_model.identity.value import Side
from autopack_store.history.rules import list_test_history
from autopack_store.history.wire import history_to_wire
from autopack_store.unit_of_work import Database


class HistoryServicer(history_service_pb2_grpc.HistoryServiceServicer):
    """Histories of tests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ListTestHistory(
        self, request: pb.ListTestHistoryRequest, context: grpc.ServicerContext
    ) -> pb.ListTestHistoryResponse:
        """The newest outcomes of one test."""
        side = given(request.HasField("side"), request.side, lambda number: read_enum(Side, number, "side"))
        history = list_test_history(
            self._database,
            request.repository,
            request.test_id,
            side,
            size=request.page_size,
            token=request.page_token,
        )
        return history_to_wire(history)
