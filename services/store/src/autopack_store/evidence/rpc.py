"""EvidenceService."""

import contextlib
from collections.abc import Iterator

import grpc

from autopack.results.v1.evidence_pb2 import EvidenceChunk
from autopack.store.v1 import evidence_service_pb2 as pb
from autopack.store.v1 import evidence_service_pb2_grpc
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.evidence.wire import NamedTestSet, columns_from_chunks, evidence_chunks
from autopack_model.stream import opened
from autopack_rpc.request_id import check_request_id
from autopack_store.errors import UploadLost
from autopack_store.evidence.blocks import PackedTestIds
from autopack_store.evidence.kept_upload import KeptUpload
from autopack_store.evidence.rules import (
    Place,
    UploadedEvidence,
    answered_upload,
    download_evidence,
    find_test_set,
    get_upload,
    known_test_set,
    upload_evidence,
)
from autopack_store.evidence.wire import kept_chunks_from_wire, named_test_set_from_wire, place_from_wire
from autopack_store.unit_of_work import Clock, Database


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
        place = place_from_wire(start)
        uploaded = answered_upload(self._database, request_id, digest, place)
        if uploaded is None:
            named, kept_chunks = named_test_set_from_wire(start), kept_chunks_from_wire(start)
            uploaded = self._received(request_id, digest, place, named, kept_chunks, chunks)
        return pb.UploadEvidenceResponse(
            facts_digest=uploaded.facts_digest,
            already_present=uploaded.already_present,
            replayed=uploaded.replayed,
        )

    def _received(
        self,
        request_id: str,
        digest: str,
        place: Place,
        named: str | None,
        kept_chunks: int,
        chunks: Iterator[EvidenceChunk],
    ) -> UploadedEvidence:
        kept = KeptUpload(self._database, self._clock, request_id=request_id, evidence_digest=digest)
        try:
            test_ids = PackedTestIds() if named is None else self._known(named)
            with contextlib.closing(kept.all(kept_chunks, chunks)) as all_chunks:
                evidence = columns_from_chunks(all_chunks, test_ids)
            sent = test_ids if isinstance(test_ids, PackedTestIds) else None
            return upload_evidence(self._database, self._clock, request_id, digest, evidence, sent, place)
        except UploadLost:
            # An earlier stream of the upload may have come to its end while this one began.
            if (uploaded := answered_upload(self._database, request_id, digest, place)) is None:
                raise
            return uploaded
        except InvalidValue:
            kept.drop()
            raise

    def _known(self, digest: str) -> NamedTestSet:
        return NamedTestSet(digest=digest, count=known_test_set(self._database, digest))

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
