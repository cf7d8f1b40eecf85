"""Announced patches on the wire."""

from collections.abc import Iterator

from autopack.executor.v1 import executor_service_pb2
from autopack_model.patch.value import PatchUpload
from autopack_model.stream import bounded, opened


def patch_upload_to_wire(upload: PatchUpload, request_id: str) -> executor_service_pb2.UploadPatchRequest:
    """The first message of an upload."""
    return executor_service_pb2.UploadPatchRequest(
        start=executor_service_pb2.UploadPatchStart(
            request_id=request_id, patch_digest=upload.digest, size_bytes=upload.size_bytes
        )
    )


def patch_upload_from_wire(
    parts: Iterator[executor_service_pb2.UploadPatchRequest],
) -> tuple[str, PatchUpload, Iterator[bytes]]:
    """The request's id, what is announced, and the chunks as they come. Raises InvalidValue, at a chunk too."""
    start, chunks = opened(parts)
    upload = PatchUpload(digest=start.patch_digest, size_bytes=start.size_bytes)
    return start.request_id, upload, bounded(chunks)
