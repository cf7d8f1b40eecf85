"""ResultService."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import result_service_pb2 as pb
from autopack.store.v1 import result_service_pb2_grpc
from autopack_model.auditor_result.wire import auditor_record_to_wire, auditor_result_chunks, auditor_result_from_chunks
from autopack_model.builder_result.wire import builder_record_to_wire, builder_result_chunks, builder_result_from_chunks
from autopack_model.digest import check_digest
from autopack_model.identity.wire import attempt_ref_from_wire
from autopack_model.stream import opened
from autopack_rpc.request_id import check_request_id
from autopack_store.results.rules import (
    get_auditor_result,
    get_builder_result,
    record_auditor_result,
    record_builder_result,
)
from autopack_store.unit_of_work import Clock, Database


class ResultServicer(result_service_pb2_grpc.ResultServiceServicer):
    """Builder and auditor results, in chunks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def RecordBuilderResult(
        self, request_iterator: Iterator[pb.RecordBuilderResultRequest], context: grpc.ServicerContext
    ) -> pb.RecordBuilderResultResponse:
        """Record what a builder says of an attempt."""
        start, chunks = opened(request_iterator)
        answer = record_builder_result(
            self._database,
            self._clock,
            check_request_id(start.request_id),
            attempt_ref_from_wire(start.attempt),
            check_digest(start.result_digest, "start.result_digest"),
            builder_result_from_chunks(chunks),
        )
        return pb.RecordBuilderResultResponse(result_digest=answer.text, replayed=answer.replayed)

    def GetBuilderResult(
        self, request: pb.GetBuilderResultRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.GetBuilderResultResponse]:
        """What a builder said of an attempt."""
        recorded = get_builder_result(self._database, attempt_ref_from_wire(request.attempt))
        yield pb.GetBuilderResultResponse(record=builder_record_to_wire(recorded))
        for chunk in builder_result_chunks(recorded.result):
            yield pb.GetBuilderResultResponse(chunk=chunk)

    def RecordAuditorResult(
        self, request_iterator: Iterator[pb.RecordAuditorResultRequest], context: grpc.ServicerContext
    ) -> pb.RecordAuditorResultResponse:
        """Record what an auditor says of an attempt."""
        start, chunks = opened(request_iterator)
        answer = record_auditor_result(
            self._database,
            self._clock,
            check_request_id(start.request_id),
            attempt_ref_from_wire(start.attempt),
            check_digest(start.result_digest, "start.result_digest"),
            auditor_result_from_chunks(chunks),
        )
        return pb.RecordAuditorResultResponse(result_digest=answer.text, replayed=answer.replayed)

    def GetAuditorResult(
        self, request: pb.GetAuditorResultRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.GetAuditorResultResponse]:
        """What an auditor said of an attempt."""
        recorded = get_auditor_result(self._database, attempt_ref_from_wire(request.attempt))
        yield pb.GetAuditorResultResponse(record=auditor_record_to_wire(recorded))
        for chunk in auditor_result_chunks(recorded.result):
            yield pb.GetAuditorResultResponse(chunk=chunk)
