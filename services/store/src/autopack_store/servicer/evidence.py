"""EvidenceService."""

from collections.abc import Iterator

import grpc

from autopack.store.v1 import evidence_service_pb2 as pb
from autopack.store.v1 import evidence_service_pb2_grpc
from autopack_results.identity import check_digest
from autopack_results.wire.evidence import evidence_chunks, evidence_from_chunks
from autopack_rpc.request_id import check_request_id
from autopack_store.ports import Clock, Database
from autopack_store.usecases.download_evidence import download_evidence
from autopack_store.usecases.upload_evidence import upload_evidence
from autopack_store.wire import opened


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
        uploaded = upload_evidence(
            self._database,
            self._clock,
            check_request_id(start.request_id),
            check_digest(start.evidence_digest, "start.evidence_digest"),
            evidence_from_chunks(chunks),
        )
        return pb.UploadEvidenceResponse(
            facts_digest=uploaded.facts_digest,
            already_present=uploaded.already_present,
            replayed=uploaded.replayed,
        )

    def DownloadEvidence(
        self, request: pb.DownloadEvidenceRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.DownloadEvidenceResponse]:
        """One suite run's evidence."""
        digest = check_digest(request.evidence_digest, "evidence_digest")
        for chunk in evidence_chunks(download_evidence(self._database, digest)):
            yield pb.DownloadEvidenceResponse(chunk=chunk)
