"""`GrpcRunStore`: the store service, over its contract."""

import itertools
from collections.abc import Iterator
from typing import Final

import grpc
import structlog

from autopack.store.v1 import (
    baseline_service_pb2,
    baseline_service_pb2_grpc,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
    run_service_pb2,
    run_service_pb2_grpc,
)
from autopack_executor.adapters.store_calls import calling
from autopack_executor.domain.errors import StoreNotFound, StoreRefused, UnknownRun
from autopack_results.attempt_state import AttemptState
from autopack_results.changed_files import ChangedFiles
from autopack_results.decision import Verdict
from autopack_results.digest import changed_files_digest
from autopack_results.digest import evidence_digest as digest_of
from autopack_results.identity import AttemptRef
from autopack_results.run import Run, RunFailure, RunSpec, RunState, SideEvidence
from autopack_results.suite_run import BaselineKey, Evidence
from autopack_results.wire.changed_files import changed_files_chunks, changed_files_from_chunks
from autopack_results.wire.decision import verdict_to_wire
from autopack_results.wire.evidence import evidence_chunks, evidence_from_chunks
from autopack_results.wire.fields import given
from autopack_results.wire.identity import attempt_ref_to_wire
from autopack_results.wire.run import (
    attempt_state_to_wire,
    run_failure_to_wire,
    run_from_wire,
    run_spec_to_wire,
    run_state_to_wire,
    side_evidence_to_wire,
)
from autopack_results.wire.suite_run import baseline_key_to_wire
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.request_id import new_request_id
from autopack_rpc.retrying import Repeatable

UPLOAD_SECONDS: Final = 3600.0
"""What an upload has, with all its repetitions; a connection that is dead is found out long before."""

ATTACH_SECONDS: Final = 600.0
"""The store writes a row for each test that did not pass."""

_log = structlog.get_logger("executor")


class GrpcRunStore:
    """Implements ``ports.RunStore``."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._runs = run_service_pb2_grpc.RunServiceStub(channel)
        self._evidence = evidence_service_pb2_grpc.EvidenceServiceStub(channel)
        self._baselines = baseline_service_pb2_grpc.BaselineServiceStub(channel)

    def create_run(self, spec: RunSpec, attempt: AttemptRef) -> None:
        """Record a new run. Raises RunExists."""
        with calling(spec.run_id):
            self._runs.CreateRun(
                run_service_pb2.CreateRunRequest(
                    request_id=new_request_id(), spec=run_spec_to_wire(spec), attempt=attempt_ref_to_wire(attempt)
                )
            )

    def run(self, run_id: str) -> Run:
        """One run. Raises UnknownRun."""
        try:
            with calling(run_id):
                return run_from_wire(self._runs.GetRun(run_service_pb2.GetRunRequest(run_id=run_id)).run)
        except StoreNotFound as error:
            raise UnknownRun(f"there is no run {run_id}; 'autopack runs' lists them", subject=run_id) from error

    def runs(
        self,
        *,
        repository: str,
        limit: int,
        verdict: Verdict | None = None,
        created_from_ms: int | None = None,
        created_before_ms: int | None = None,
    ) -> tuple[Run, ...]:
        """The newest ``limit`` runs that the filters let through, newest first."""
        found: list[Run] = []
        token = ""
        while len(found) < limit:
            with calling(repository):
                page = self._runs.ListRuns(
                    run_service_pb2.ListRunsRequest(
                        page_size=min(limit - len(found), 500),
                        page_token=token,
                        repository=repository,
                        verdict=None if verdict is None else verdict_to_wire(verdict),
                        created_from_ms=created_from_ms,
                        created_before_ms=created_before_ms,
                    )
                )
            found.extend(run_from_wire(message) for message in page.runs)
            token = page.next_page_token
            if not token:
                break
        return tuple(found)

    def upload(self, evidence: Evidence) -> str:
        """Store evidence and return its digest. Test ids that the store has are named instead of sent, and a stream
        that breaks goes on with what the store does not keep yet.
        """
        digest = digest_of(evidence)
        request_id = new_request_id()
        with calling(evidence.test_set_digest):
            named = self._has_test_set(evidence)
        streams = itertools.count()

        def parts() -> Iterator[evidence_service_pb2.UploadEvidenceRequest]:
            nonlocal request_id, named
            kept = 0
            if next(streams):
                if named and self._lost_test_set(evidence):
                    # With other chunks it is another upload.
                    request_id, named = new_request_id(), False
                else:
                    kept = self._kept_chunks(request_id, digest)
            yield evidence_service_pb2.UploadEvidenceRequest(
                start=evidence_service_pb2.UploadEvidenceStart(
                    request_id=request_id,
                    evidence_digest=digest,
                    kept_chunks=kept or None,
                    test_set_digest=evidence.test_set_digest if named else None,
                )
            )
            for chunk in itertools.islice(evidence_chunks(evidence, with_test_ids=not named), kept, None):
                yield evidence_service_pb2.UploadEvidenceRequest(chunk=chunk)

        with calling(digest):
            self._evidence.UploadEvidence(Repeatable(parts), timeout=UPLOAD_SECONDS)
        return digest

    def _has_test_set(self, evidence: Evidence) -> bool:
        request = evidence_service_pb2.FindTestSetRequest(test_set_digest=evidence.test_set_digest)
        try:
            with remote_errors():
                found = self._evidence.FindTestSet(request)
        except RemoteError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return False  # an older store, which wants the ids
            raise
        return given(found.HasField("test_count"), found.test_count) == len(evidence.test_ids)

    def _lost_test_set(self, evidence: Evidence) -> bool:
        try:
            return not self._has_test_set(evidence)
        except RemoteError as error:
            # The next stream tells.
            _log.info("whether the test ids are stored is not known", ids=evidence.test_set_digest, problem=str(error))
            return False

    def _kept_chunks(self, request_id: str, digest: str) -> int:
        request = evidence_service_pb2.GetUploadRequest(request_id=request_id, evidence_digest=digest)
        try:
            return self._evidence.GetUpload(request).kept_chunks
        except grpc.RpcError as error:
            # An upload from its beginning is right too: of an older store, which keeps nothing, or while it is away.
            _log.info("what the store keeps of the upload is not known", evidence=digest, problem=str(error))
            return 0

    def evidence(self, evidence_digest: str) -> Evidence:
        """Stored evidence by its digest. Raises StoreRefused when what comes is something else."""
        with calling(evidence_digest):
            request = evidence_service_pb2.DownloadEvidenceRequest(evidence_digest=evidence_digest)
            evidence = evidence_from_chunks(part.chunk for part in self._evidence.DownloadEvidence(request))
        if digest_of(evidence) != evidence_digest:
            raise StoreRefused(f"the store answered {evidence_digest} with other evidence", subject=evidence_digest)
        return evidence

    def attach(self, attempt: AttemptRef, entry: SideEvidence) -> None:
        """Attach a side's evidence to an attempt."""
        with calling(str(attempt)):
            self._runs.AttachEvidence(
                run_service_pb2.AttachEvidenceRequest(
                    request_id=new_request_id(),
                    attempt=attempt_ref_to_wire(attempt),
                    evidence=side_evidence_to_wire(entry),
                ),
                timeout=ATTACH_SECONDS,
            )

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
            recorded = self._runs.RecordChangedFiles(Repeatable(parts)).changed_files_digest
        if recorded != digest:
            raise StoreRefused(
                f"of {attempt} the store recorded other changed files, {recorded}, than were sent, {digest}",
                subject=str(attempt),
            )

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles:
        """An attempt's changed files."""
        with calling(str(attempt)):
            request = run_service_pb2.GetChangedFilesRequest(attempt=attempt_ref_to_wire(attempt))
            return changed_files_from_chunks(part.chunk for part in self._runs.GetChangedFiles(request))

    def find_baseline(self, key: BaselineKey) -> str | None:
        """Digest of the evidence that is the baseline of ``key``, if there is one."""
        with calling(key.tree):
            found = self._baselines.FindBaseline(
                baseline_service_pb2.FindBaselineRequest(key=baseline_key_to_wire(key))
            )
        return given(found.HasField("evidence_digest"), found.evidence_digest)

    def record_baseline(self, key: BaselineKey, evidence_digest: str) -> None:
        """Name stored evidence as the baseline of ``key``; the first one stays."""
        with calling(evidence_digest):
            self._baselines.RecordBaseline(
                baseline_service_pb2.RecordBaselineRequest(
                    request_id=new_request_id(), key=baseline_key_to_wire(key), evidence_digest=evidence_digest
                )
            )

    def advance(self, attempt: AttemptRef, state: AttemptState) -> None:
        """Say how far an attempt is."""
        with calling(str(attempt)):
            self._runs.AdvanceAttempt(
                run_service_pb2.AdvanceAttemptRequest(
                    request_id=new_request_id(),
                    attempt=attempt_ref_to_wire(attempt),
                    state=attempt_state_to_wire(state),
                )
            )

    def finish(self, run_id: str, state: RunState, failure: RunFailure | None) -> None:
        """End a run."""
        with calling(run_id):
            self._runs.FinishRun(
                run_service_pb2.FinishRunRequest(
                    request_id=new_request_id(),
                    run_id=run_id,
                    state=run_state_to_wire(state),
                    failure=None if failure is None else run_failure_to_wire(failure),
                )
            )
