"""Calls of the store about the results of builders and auditors."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import result_service_pb2, result_service_pb2_grpc
from autopack_clients.errors import ResultRefused, StoreNotFound, StoreRefused, StoreUnavailable
from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult, RecordedAuditorResult
from autopack_model.auditor_result.wire import auditor_result_chunks, recorded_auditor_result_from_wire
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.value import BuilderResult, RecordedBuilderResult
from autopack_model.builder_result.wire import builder_result_chunks, recorded_builder_result_from_wire
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.stream import recorded
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.errors import RemoteError, remote_error

_REFUSED = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.NOT_FOUND,
)


class ResultCalls:
    """Builder and auditor results. Recording is the executor's: the channel must carry its token.

    A result is recorded under a request id that its digest makes, so that the same result again is the same request.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self._results = result_service_pb2_grpc.ResultServiceStub(channel)

    def record_builder_result(self, result: BuilderResult) -> str:
        """Record a builder result; its digest."""
        digest = builder_result_digest(result)
        start = result_service_pb2.RecordBuilderResultStart(
            request_id=_request_id(digest), attempt=attempt_ref_to_wire(result.attempt), result_digest=digest
        )

        def parts() -> Iterator[result_service_pb2.RecordBuilderResultRequest]:
            yield result_service_pb2.RecordBuilderResultRequest(start=start)
            for chunk in builder_result_chunks(result):
                yield result_service_pb2.RecordBuilderResultRequest(chunk=chunk)

        try:
            return self._results.RecordBuilderResult(Repeatable(parts)).result_digest
        except grpc.RpcError as error:
            raise _refusal(remote_error(error), str(result.attempt)) from error

    def builder_result(self, attempt: AttemptRef) -> RecordedBuilderResult:
        """The builder result of an attempt, with what the store holds of the run. Raises StoreNotFound."""
        request = result_service_pb2.GetBuilderResultRequest(attempt=attempt_ref_to_wire(attempt))
        try:
            record, chunks = recorded(self._results.GetBuilderResult(request))
            return recorded_builder_result_from_wire(record, chunks)
        except grpc.RpcError as error:
            raise _unavailable(remote_error(error), str(attempt)) from error

    def record_auditor_result(self, result: AuditorResult) -> str:
        """Record an auditor result; its digest."""
        digest = auditor_result_digest(result)
        start = result_service_pb2.RecordAuditorResultStart(
            request_id=_request_id(digest), attempt=attempt_ref_to_wire(result.attempt), result_digest=digest
        )

        def parts() -> Iterator[result_service_pb2.RecordAuditorResultRequest]:
            yield result_service_pb2.RecordAuditorResultRequest(start=start)
            for chunk in auditor_result_chunks(result):
                yield result_service_pb2.RecordAuditorResultRequest(chunk=chunk)

        try:
            return self._results.RecordAuditorResult(Repeatable(parts)).result_digest
        except grpc.RpcError as error:
            raise _refusal(remote_error(error), str(result.attempt)) from error

    def auditor_result(self, attempt: AttemptRef) -> RecordedAuditorResult:
        """The auditor result of an attempt. Raises StoreNotFound."""
        request = result_service_pb2.GetAuditorResultRequest(attempt=attempt_ref_to_wire(attempt))
        try:
            record, chunks = recorded(self._results.GetAuditorResult(request))
            return recorded_auditor_result_from_wire(record, chunks)
        except grpc.RpcError as error:
            raise _unavailable(remote_error(error), str(attempt)) from error


def _request_id(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _refusal(error: RemoteError, subject: str) -> StoreUnavailable | StoreRefused | ResultRefused:
    """What recording failed with: what the caller can mend is his, the rest is ours."""
    if error.code in _REFUSED:
        return ResultRefused(f"the store does not take the result of {subject}: {error.message}", subject=subject)
    return _unavailable(error, subject)


def _unavailable(error: RemoteError, subject: str) -> StoreUnavailable | StoreRefused:
    if error.unreachable:
        return StoreUnavailable(
            f"the store cannot be reached ({error.message}); check that it runs and its address", subject=subject
        )
    kind = StoreNotFound if error.code is grpc.StatusCode.NOT_FOUND else StoreRefused
    return kind(f"the store refused: {error.message} [{error.reason}]", subject=subject)
