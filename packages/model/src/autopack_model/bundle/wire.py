"""Announced bundles on the wire."""

from collections.abc import Iterator

from autopack.executor.v1 import executor_service_pb2
from autopack_model.bundle.value import BundleUpload
from autopack_model.stream import bounded, opened


def bundle_upload_to_wire(upload: BundleUpload, request_id: str) -> executor_service_pb2.UploadBundleRequest:
    """The first message of an upload."""
    return executor_service_pb2.UploadBundleRequest(
        start=executor_service_pb2.UploadBundleStart(
            request_id=request_id, bundle_digest=upload.digest, size_bytes=upload.size_bytes
        )
    )


def bundle_upload_from_wire(
    parts: Iterator[executor_service_pb2.UploadBundleRequest],
) -> tuple[str, BundleUpload, Iterator[bytes]]:
    """The request's id, what is announced, and the chunks as they come. Raises InvalidValue, at a chunk too."""
    start, chunks = opened(parts)
    upload = BundleUpload(digest=start.bundle_digest, size_bytes=start.size_bytes)
    return start.request_id, upload, bounded(chunks)
