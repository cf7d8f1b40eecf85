"""The typed client of the executor: domain values go in and come out."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc

from autopack.executor.v1 import executor_service_pb2, executor_service_pb2_grpc
from autopack_model.artifact.value import Artifact, ArtifactEntry
from autopack_model.artifact.wire import artifact_entry_from_wire, artifact_to_wire
from autopack_model.bundle.value import BundleUpload
from autopack_model.bundle.wire import bundle_upload_to_wire
from autopack_model.canonical import Json
from autopack_model.errors import InvalidValue
from autopack_model.fields import CHUNK_BYTES, byte_batches
from autopack_model.gate_request.value import GateRequest
from autopack_model.gate_request.wire import gate_request_to_wire
from autopack_model.identity.value import Side
from autopack_model.identity.wire import side_to_wire
from autopack_model.patch.value import PatchUpload
from autopack_model.patch.wire import patch_upload_to_wire
from autopack_model.progress.value import Progress
from autopack_model.progress.wire import progress_from_wire
from autopack_model.run.value import Run
from autopack_model.run.wire import run_from_wire
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.errors import remote_errors
from autopack_rpc.request_id import new_request_id

# A clone may take as long as one git command may.
START_SECONDS: Final = 960.0
UPLOAD_SECONDS: Final = 3600.0
WATCH_SECONDS: Final = 14 * 86_400.0
CANCEL_SECONDS: Final = 60.0
LIST_SECONDS: Final = 60.0
DOWNLOAD_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDocument:
    """The report of a run as the JSON document that its executor wrote."""

    document: dict[str, Json]


class ExecutorClient:
    """A client of ``executor.v1``. Every method raises RemoteError."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = executor_service_pb2_grpc.ExecutorServiceStub(channel)

    def start(self, request: GateRequest) -> str:
        """Start a run and return its id."""
        with remote_errors():
            message = gate_request_to_wire(request, new_request_id())
            return self._stub.StartRun(message, timeout=START_SECONDS).run_id

    def upload(self, path: Path) -> str:
        """Send the bundle in the file ``path``, unless the executor has it, and return its digest."""
        with path.open("rb") as stream:
            digest = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
        upload = BundleUpload(digest=digest, size_bytes=path.stat().st_size)
        request_id = new_request_id()

        def parts() -> Iterator[executor_service_pb2.UploadBundleRequest]:
            yield bundle_upload_to_wire(upload, request_id)
            with path.open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield executor_service_pb2.UploadBundleRequest(chunk=chunk)

        with remote_errors():
            self._stub.UploadBundle(Repeatable(parts), timeout=UPLOAD_SECONDS)
        return digest

    def upload_patch(self, patch: bytes) -> str:
        """Send ``patch``, unless the executor has it, and return its digest."""
        upload = PatchUpload(digest=f"sha256:{hashlib.sha256(patch).hexdigest()}", size_bytes=len(patch))
        request_id = new_request_id()

        def parts() -> Iterator[executor_service_pb2.UploadPatchRequest]:
            yield patch_upload_to_wire(upload, request_id)
            for chunk in byte_batches(patch):
                yield executor_service_pb2.UploadPatchRequest(chunk=chunk)

        with remote_errors():
            self._stub.UploadPatch(Repeatable(parts), timeout=UPLOAD_SECONDS)
        return upload.digest

    def watch(self, run_id: str, *, with_report: bool = False) -> Iterator[tuple[Progress, int] | RunDocument | Run]:
        """Progress with the milliseconds since the start; the report, where it is wanted and the executor has it; and
        at last the run.
        """
        report = bytearray()
        with remote_errors():
            request = executor_service_pb2.WatchRunRequest(run_id=run_id, with_report=with_report)
            for event in self._stub.WatchRun(request, timeout=WATCH_SECONDS):
                match event.WhichOneof("event"):
                    case "progress":
                        yield progress_from_wire(event.progress)
                    case "report":
                        report += event.report
                    case "run":
                        if report:
                            yield RunDocument(document=_document(bytes(report)))
                        yield run_from_wire(event.run)
                    case None:
                        raise InvalidValue("event", "is not given")

    def artifacts(self, run_id: str) -> tuple[ArtifactEntry, ...]:
        """The files that a run left on the executor, by side and kind."""
        with remote_errors():
            request = executor_service_pb2.ListArtifactsRequest(run_id=run_id)
            response = self._stub.ListArtifacts(request, timeout=LIST_SECONDS)
            return tuple(artifact_entry_from_wire(entry) for entry in response.artifacts)

    def artifact(self, run_id: str, side: Side, artifact: Artifact) -> Iterator[bytes]:
        """One of these files, in parts."""
        with remote_errors():
            request = executor_service_pb2.DownloadArtifactRequest(
                run_id=run_id, side=side_to_wire(side), artifact=artifact_to_wire(artifact)
            )
            for part in self._stub.DownloadArtifact(request, timeout=DOWNLOAD_SECONDS):
                yield part.chunk

    def cancel(self, run_id: str) -> Run:
        """Cancel a run; returns it as it is once it has cleaned up."""
        with remote_errors():
            request = executor_service_pb2.CancelRunRequest(request_id=new_request_id(), run_id=run_id)
            return run_from_wire(self._stub.CancelRun(request, timeout=CANCEL_SECONDS).run)


def _document(report: bytes) -> dict[str, Json]:
    try:
        document: object = json.loads(report)
    except ValueError as error:
        raise InvalidValue("report", f"is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidValue("report", "is not a JSON object")
    return document
