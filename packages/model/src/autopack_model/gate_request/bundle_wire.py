"""The executor's messages as domain values and back. Every reader names the field that it refuses."""

from collections.abc import Iterator

from autopack.executor.v1 import executor_service_pb2
from autopack_model.errors import InvalidValue
from autopack_model.gate_request.bundle_upload import BundleUpload

MAX_CHUNK_BYTES = 1024 * 1024


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
    first = next(parts, None)
    if first is None or first.WhichOneof("part") != "start":
        raise InvalidValue("start", "is not given; an upload begins with it")
    start = first.start
    upload = BundleUpload(digest=start.bundle_digest, size_bytes=start.size_bytes)
    return start.request_id, upload, _bundle_chunks(parts)


def _bundle_chunks(parts: Iterator[executor_service_pb2.UploadBundleRequest]) -> Iterator[bytes]:
    for part in parts:
        match part.WhichOneof("part"):
            case "chunk":
                if not 0 < len(part.chunk) <= MAX_CHUNK_BYTES:
                    raise InvalidValue("chunk", f"has {len(part.chunk)} bytes; expected 1 to {MAX_CHUNK_BYTES}")
                yield part.chunk
            case "start" | None:
                raise InvalidValue("start", "is given twice, or a part is empty; send chunks behind it")
