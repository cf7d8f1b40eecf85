"""EvidenceService."""

from collections.abc import Iterator

import grpc

from autopack.results.v1.evidence_pb2 import EvidenceChunk
from autopack.store.v1 import evidence_service_pb2 as pb
from autopack.store.v1 import evidence_service_pb2_grpc
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.evidence.value import Evidence, EvidenceColumns
from autopack_model.evidence.wire import columns_from_chunks, evidence_chunks, evidence_from_chunks
from autopack_rpc.request_id import check_request_id
from autopack_store.domain.errors import UploadLost
from autopack_store.ports import Clock, Database
from autopack_store.usecases.download_evidence import download_evidence
from autopack_store.usecases.find_test_set import find_test_set, known_test_set
from autopack_store.usecases.get_upload import get_upload
from autopack_store.usecases.keep_upload import KeptUpload
from autopack_store.usecases.upload_evidence import UploadedEvidence, answered_upload, upload_evidence
from autopack_store.wire import kept_chunks_from_wire, named_test_set_from_wire, opened


class EvidenceServicer(evidence_service_pb2_grpc.EvidenceServiceServicer):
    """Evidence, in chunks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def UploadEvidence(
        self, request_iterator: Iterator[pb.UploadEvidenceRequest], context: grpc.ServicerContext
    ) -> pb.UploadEvidenceResponse:
        """Store one suite run's evidence."""
        start, chunks = opened(request_iterator)
        request_id = check_request_id(start.request_id)
        digest = check_digest(start.evidence_digest, "start.evidence_digest")
        uploaded = answered_upload(self._database, request_id, digest)
        if uploaded is None:
            named, kept_chunks = named_test_set_from_wire(start), kept_chunks_from_wire(start)
            uploaded = self._received(request_id, digest, named, kept_chunks, chunks)
        return pb.UploadEvidenceResponse(
            facts_digest=uploaded.facts_digest,
            already_present=uploaded.already_present,
            replayed=uploaded.replayed,
        )

    def _received(
        self, request_id: str, digest: str, named: str | None, kept_chunks: int, chunks: Iterator[EvidenceChunk]
    ) -> UploadedEvidence:
        kept = KeptUpload[EvidenceChunk](
            self._database,
            self._clock,
            request_id=request_id,
            evidence_digest=digest,
            size=EvidenceChunk.ByteSize,
            encode=EvidenceChunk.SerializeToString,
            decode=EvidenceChunk.FromString,
        )
        try:
            evidence = self._read(named, kept.all(kept_chunks, chunks))
            return upload_evidence(self._database, self._clock, request_id, digest, evidence)
        except UploadLost:
            # An earlier stream of the upload may have come to its end while this one began.
            if (uploaded := answered_upload(self._database, request_id, digest)) is None:
                raise
            return uploaded
        except InvalidValue:
            kept.drop()
            raise

    def _read(self, named: str | None, chunks: Iterator[EvidenceChunk]) -> Evidence | EvidenceColumns:
        if named is None:
            return evidence_from_chunks(chunks)
        return columns_from_chunks(chunks, named, known_test_set(self._database, named))

    def GetUpload(self, request: pb.GetUploadRequest, context: grpc.ServicerContext) -> pb.GetUploadResponse:
        """What is kept of an upload whose stream broke."""
        progress = get_upload(
            self._database,
            check_request_id(request.request_id),
            check_digest(request.evidence_digest, "evidence_digest"),
        )
        return pb.GetUploadResponse(kept_chunks=progress.kept_chunks, already_present=progress.already_present)

    def FindTestSet(self, request: pb.FindTestSetRequest, context: grpc.ServicerContext) -> pb.FindTestSetResponse:
        """Whether there is a list of test ids."""
        digest = check_digest(request.test_set_digest, "test_set_digest")
        return pb.FindTestSetResponse(test_count=find_test_set(self._database, digest))

    def DownloadEvidence(
        self, request: pb.DownloadEvidenceRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.DownloadEvidenceResponse]:
        """One suite run's evidence."""
        digest = check_digest(request.evidence_digest, "evidence_digest")
        for chunk in evidence_chunks(download_evidence(self._database, digest)):
            yield pb.DownloadEvidenceResponse(chunk=chunk)
