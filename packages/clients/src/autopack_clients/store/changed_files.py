"""Calls of the store about the changed files of an attempt."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import (
    run_service_pb2,
    run_service_pb2_grpc,
)
from autopack_clients.calls import calling
from autopack_clients.errors import StoreRefused
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.changed_files.wire import changed_files_chunks, changed_files_from_chunks
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.request_id import new_request_id


class ChangedFilesCalls:
    """The changed files of attempts."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._changed_files = run_service_pb2_grpc.RunServiceStub(channel)

    def record_changed_files(self, attempt: AttemptRef, changed_files: ChangedFiles) -> None:
        """Record an attempt's changed files."""
        digest = changed_files_digest(changed_files)
        start = run_service_pb2.RecordChangedFilesStart(
            request_id=new_request_id(), attempt=attempt_ref_to_wire(attempt), changed_files_digest=digest
        )

        def parts() -> Iterator[run_service_pb2.RecordChangedFilesRequest]:
            yield run_service_pb2.RecordChangedFilesRequest(start=start)
            for chunk in changed_files_chunks(changed_files):
                yield run_service_pb2.RecordChangedFilesRequest(chunk=chunk)

        with calling(str(attempt)):
            recorded = self._changed_files.RecordChangedFiles(Repeatable(parts)).changed_files_digest
        if recorded != digest:
            raise StoreRefused(
                f"of {attempt} the store recorded other changed files, {recorded}, than were sent, {digest}",
                subject=str(attempt),
            )

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles:
        """An attempt's changed files."""
        with calling(str(attempt)):
            request = run_service_pb2.GetChangedFilesRequest(attempt=attempt_ref_to_wire(attempt))
            return changed_files_from_chunks(part.chunk for part in self._changed_files.GetChangedFiles(request))
