"""RunService."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import run_service_pb2 as pb
from autopack.store.v1 import run_service_pb2_grpc
from autopack_model.changed_files.wire import changed_files_chunks, changed_files_from_chunks
from autopack_model.digest import check_digest
from autopack_model.fields import given
from autopack_model.identity.value import check_run_id
from autopack_model.identity.wire import attempt_ref_from_wire
from autopack_model.run.wire import attempt_state_from_wire, run_spec_from_wire, run_to_wire, side_evidence_from_wire
from autopack_model.stream import opened
from autopack_rpc.request_id import check_request_id
from autopack_store.runs.changed_files import get_changed_files, record_changed_files
from autopack_store.runs.page import Page
from autopack_store.runs.rules import (
    advance_attempt,
    attach_evidence,
    conclude_attempt,
    create_run,
    finish_run,
    get_run,
    list_runs,
)
from autopack_store.runs.wire import ending_from_wire, run_filter_from_wire
from autopack_store.unit_of_work import Clock, Database


class RunServicer(run_service_pb2_grpc.RunServiceServicer):
    """Runs, attempts, attached evidence, changed files."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def CreateRun(self, request: pb.CreateRunRequest, context: grpc.ServicerContext) -> pb.CreateRunResponse:
        """Record a new run with its first attempt."""
        answer = create_run(
            self._database,
            self._clock,
            check_request_id(request.request_id),
            run_spec_from_wire(request.spec),
            attempt_ref_from_wire(request.attempt),
        )
        return pb.CreateRunResponse(replayed=answer.replayed)

    def GetRun(self, request: pb.GetRunRequest, context: grpc.ServicerContext) -> pb.GetRunResponse:
        """One run."""
        return pb.GetRunResponse(run=run_to_wire(get_run(self._database, check_run_id(request.run_id))))

    def ListRuns(self, request: pb.ListRunsRequest, context: grpc.ServicerContext) -> pb.ListRunsResponse:
        """Runs, newest first."""
        page = Page.of(request.page_size, request.page_token, run_filter_from_wire(request))
        runs, next_page_token = list_runs(self._database, page)
        return pb.ListRunsResponse(runs=map(run_to_wire, runs), next_page_token=next_page_token)

    def AttachEvidence(
        self, request: pb.AttachEvidenceRequest, context: grpc.ServicerContext
    ) -> pb.AttachEvidenceResponse:
        """Attach a side's evidence to an attempt."""
        answer = attach_evidence(
            self._database,
            check_request_id(request.request_id),
            attempt_ref_from_wire(request.attempt),
            side_evidence_from_wire(request.evidence),
        )
        return pb.AttachEvidenceResponse(replayed=answer.replayed)

    def RecordChangedFiles(
        self, request_iterator: Iterator[pb.RecordChangedFilesRequest], context: grpc.ServicerContext
    ) -> pb.RecordChangedFilesResponse:
        """Record an attempt's changed files."""
        start, chunks = opened(request_iterator)
        answer = record_changed_files(
            self._database,
            check_request_id(start.request_id),
            attempt_ref_from_wire(start.attempt),
            changed_files_from_chunks(chunks),
            given(
                start.HasField("changed_files_digest"),
                start.changed_files_digest,
                lambda digest: check_digest(digest, "start.changed_files_digest"),
            ),
        )
        return pb.RecordChangedFilesResponse(changed_files_digest=answer.text, replayed=answer.replayed)

    def GetChangedFiles(
        self, request: pb.GetChangedFilesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.GetChangedFilesResponse]:
        """An attempt's changed files."""
        for chunk in changed_files_chunks(get_changed_files(self._database, attempt_ref_from_wire(request.attempt))):
            yield pb.GetChangedFilesResponse(chunk=chunk)

    def AdvanceAttempt(
        self, request: pb.AdvanceAttemptRequest, context: grpc.ServicerContext
    ) -> pb.AdvanceAttemptResponse:
        """Say how far an attempt is."""
        answer = advance_attempt(
            self._database,
            check_request_id(request.request_id),
            attempt_ref_from_wire(request.attempt),
            attempt_state_from_wire(request.state, "state"),
        )
        return pb.AdvanceAttemptResponse(replayed=answer.replayed)

    def ConcludeAttempt(
        self, request: pb.ConcludeAttemptRequest, context: grpc.ServicerContext
    ) -> pb.ConcludeAttemptResponse:
        """Conclude a decided attempt."""
        answer = conclude_attempt(
            self._database,
            check_request_id(request.request_id),
            attempt_ref_from_wire(request.attempt),
            attempt_state_from_wire(request.state, "state"),
        )
        return pb.ConcludeAttemptResponse(replayed=answer.replayed)

    def FinishRun(self, request: pb.FinishRunRequest, context: grpc.ServicerContext) -> pb.FinishRunResponse:
        """End a run."""
        answer = finish_run(
            self._database,
            self._clock,
            check_request_id(request.request_id),
            check_run_id(request.run_id),
            ending_from_wire(request),
        )
        run = get_run(self._database, request.run_id)
        return pb.FinishRunResponse(replayed=answer.replayed, run=run_to_wire(run))
