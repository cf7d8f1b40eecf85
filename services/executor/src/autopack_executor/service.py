"""``executor.v1``: messages in, the gate, messages out."""

import threading
from collections.abc import Iterator
from typing import Final

import grpc

from autopack.executor.v1 import executor_service_pb2, executor_service_pb2_grpc
from autopack_clients.errors import GatekeeperUnavailable, RunExists, StorageFull, StoreUnavailable, UnknownRun
from autopack_executor.errors import ArtifactMissing, BundleMissing, PatchMissing
from autopack_executor.gate.active_runs import ActiveRuns
from autopack_executor.gate.cancel import CancelRun
from autopack_executor.gate.read_artifacts import ReadArtifacts
from autopack_executor.gate.start import StartRun
from autopack_executor.gate.upload_bundle import UploadBundle
from autopack_executor.gate.upload_patch import UploadPatch
from autopack_executor.gate.watch import Report, watch_run
from autopack_git.errors import CloneFailed
from autopack_model.artifact.wire import artifact_entry_to_wire, artifact_from_wire
from autopack_model.bundle.wire import bundle_upload_from_wire
from autopack_model.errors import AutopackError, BadRequest, Cancelled
from autopack_model.fields import byte_batches
from autopack_model.gate_request.wire import gate_request_from_wire
from autopack_model.identity.value import check_run_id
from autopack_model.identity.wire import side_from_wire
from autopack_model.patch.wire import patch_upload_from_wire
from autopack_model.progress.wire import progress_to_wire
from autopack_model.run.value import Run
from autopack_model.run.wire import run_to_wire
from autopack_rpc.errors import ErrorTable
from autopack_rpc.request_id import check_request_id

CANCEL_WAIT_SECONDS: Final = 30.0

ERRORS: ErrorTable = {
    AutopackError: grpc.StatusCode.INTERNAL,
    BadRequest: grpc.StatusCode.INVALID_ARGUMENT,
    Cancelled: grpc.StatusCode.CANCELLED,
    ArtifactMissing: grpc.StatusCode.NOT_FOUND,
    BundleMissing: grpc.StatusCode.NOT_FOUND,
    PatchMissing: grpc.StatusCode.NOT_FOUND,
    CloneFailed: grpc.StatusCode.FAILED_PRECONDITION,
    UnknownRun: grpc.StatusCode.NOT_FOUND,
    RunExists: grpc.StatusCode.ALREADY_EXISTS,
    StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    GatekeeperUnavailable: grpc.StatusCode.UNAVAILABLE,
    StorageFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class ExecutorServicer(executor_service_pb2_grpc.ExecutorServiceServicer):
    """Reads requests, calls use cases, writes responses."""

    def __init__(
        self, start_run: StartRun, cancel_run: CancelRun, active: ActiveRuns, artifacts: ReadArtifacts
    ) -> None:
        self._start_run = start_run
        self._upload_bundle = UploadBundle(sources=start_run.dependencies.sources, requests=start_run.requests)
        self._upload_patch = UploadPatch(patches=start_run.dependencies.patches, requests=start_run.requests)
        self._cancel_run = cancel_run
        self._active = active
        self._artifacts = artifacts
        self._dependencies = start_run.dependencies

    def StartRun(
        self, request: executor_service_pb2.StartRunRequest, context: grpc.ServicerContext
    ) -> executor_service_pb2.StartRunResponse:
        """Start gating a candidate."""
        request_id = check_request_id(request.request_id)
        run_id, replayed = self._start_run(request_id, gate_request_from_wire(request), _end_of(context))
        return executor_service_pb2.StartRunResponse(run_id=run_id, replayed=replayed)

    def UploadBundle(
        self, request_iterator: Iterator[executor_service_pb2.UploadBundleRequest], context: grpc.ServicerContext
    ) -> executor_service_pb2.UploadBundleResponse:
        """Keep a bundle."""
        request_id, upload, chunks = bundle_upload_from_wire(request_iterator)
        present, replayed = self._upload_bundle(check_request_id(request_id), upload, chunks, _end_of(context))
        return executor_service_pb2.UploadBundleResponse(already_present=present, replayed=replayed)

    def UploadPatch(
        self, request_iterator: Iterator[executor_service_pb2.UploadPatchRequest], context: grpc.ServicerContext
    ) -> executor_service_pb2.UploadPatchResponse:
        """Keep a patch."""
        request_id, upload, chunks = patch_upload_from_wire(request_iterator)
        present, replayed = self._upload_patch(check_request_id(request_id), upload, chunks, _end_of(context))
        return executor_service_pb2.UploadPatchResponse(already_present=present, replayed=replayed)

    def WatchRun(
        self, request: executor_service_pb2.WatchRunRequest, context: grpc.ServicerContext
    ) -> Iterator[executor_service_pb2.WatchRunResponse]:
        """Progress of a run until it ends."""
        run_id = check_run_id(request.run_id)
        dependencies = self._dependencies
        for event in watch_run(self._active, dependencies.store, run_id, context.is_active, dependencies.clock_ms):
            match event:
                case Run():
                    yield executor_service_pb2.WatchRunResponse(run=run_to_wire(event))
                case Report(document=document):
                    for part in byte_batches(document) if request.with_report else ():
                        yield executor_service_pb2.WatchRunResponse(report=part)
                case (progress, elapsed_ms):
                    yield executor_service_pb2.WatchRunResponse(progress=progress_to_wire(progress, elapsed_ms))

    def CancelRun(
        self, request: executor_service_pb2.CancelRunRequest, context: grpc.ServicerContext
    ) -> executor_service_pb2.CancelRunResponse:
        """Cancel a run."""
        request_id, run_id = check_request_id(request.request_id), check_run_id(request.run_id)
        run, replayed = self._cancel_run(request_id, run_id, CANCEL_WAIT_SECONDS)
        return executor_service_pb2.CancelRunResponse(run=run_to_wire(run), replayed=replayed)

    def ListArtifacts(
        self, request: executor_service_pb2.ListArtifactsRequest, context: grpc.ServicerContext
    ) -> executor_service_pb2.ListArtifactsResponse:
        """The files that a run left."""
        entries = self._artifacts.entries(check_run_id(request.run_id))
        return executor_service_pb2.ListArtifactsResponse(artifacts=[artifact_entry_to_wire(each) for each in entries])

    def DownloadArtifact(
        self, request: executor_service_pb2.DownloadArtifactRequest, context: grpc.ServicerContext
    ) -> Iterator[executor_service_pb2.DownloadArtifactResponse]:
        """One of these files."""
        run_id, side = check_run_id(request.run_id), side_from_wire(request.side, "side")
        for chunk in self._artifacts.read(run_id, side, artifact_from_wire(request.artifact, "artifact")):
            yield executor_service_pb2.DownloadArtifactResponse(chunk=chunk)


def _end_of(context: grpc.ServicerContext) -> threading.Event:
    """Set when the call ends, also because its caller has gone."""
    ended = threading.Event()
    if not context.add_callback(ended.set):
        ended.set()
    return ended
