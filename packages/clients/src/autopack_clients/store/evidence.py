"""Calls of the store about evidence."""

import itertools
from collections.abc import Iterator
from typing import Final

import grpc
import structlog

from autopack.store.v1 import (
    evidence_service_pb2,
    evidence_service_pb2_grpc,
)
from autopack_clients.calls import calling
from autopack_clients.errors import StoreRefused
from autopack_model.baseline.value import BaselineKey
from autopack_model.baseline.wire import baseline_key_to_wire
from autopack_model.evidence.document import evidence_digest as digest_of
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks, evidence_from_chunks
from autopack_model.fields import given
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.identity.wire import attempt_ref_to_wire, side_to_wire
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.request_id import new_request_id

UPLOAD_SECONDS: Final = 3600.0
"""What an upload has, with all its repetitions; a connection that is dead is found out long before."""

FEW_TEST_IDS: Final = 1000

_log = structlog.get_logger("client")


class EvidenceCalls:
    """Evidence, in chunks."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._evidence = evidence_service_pb2_grpc.EvidenceServiceStub(channel)

    def upload(
        self,
        evidence: Evidence,
        *,
        attempt: AttemptRef | None = None,
        side: Side = Side.HEAD,
        retry: int = 0,
        baseline: BaselineKey | None = None,
        replacing: bool = False,
    ) -> str:
        """Store evidence and return its digest: attached to the ``side`` of an ``attempt``, as its suite's or as a
        ``retry``, and as the ``baseline`` of a key, unless these are None. ``replacing`` says that it takes the place
        of the baseline that the key has.

        Many test ids that the store has are named instead of sent, and a stream that breaks goes on with what the store
        does not keep yet.
        """
        digest = digest_of(evidence)
        request_id = new_request_id()
        with calling(evidence.test_set_digest):
            # To send few ids costs less than to ask.
            named = len(evidence.test_ids) > FEW_TEST_IDS and self._has_test_set(evidence)
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
                    attempt_side=None if attempt is None else attempt_side_to_wire(attempt, side, retry),
                    baseline_key=None if baseline is None else baseline_key_to_wire(baseline),
                    replaces_baseline=replacing,
                )
            )
            for chunk in itertools.islice(evidence_chunks(evidence, with_test_ids=not named), kept, None):
                yield evidence_service_pb2.UploadEvidenceRequest(chunk=chunk)

        with calling(digest):
            self._evidence.UploadEvidence(Repeatable(parts), timeout=UPLOAD_SECONDS)
        return digest

    def _has_test_set(self, evidence: Evidence) -> bool:
        request = evidence_service_pb2.FindTestSetRequest(test_set_digest=evidence.test_set_digest)
        with remote_errors():
            found = self._evidence.FindTestSet(request)
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
            # An upload from its beginning is right too.
            _log.info("what the store keeps of the upload is not known", evidence=digest, problem=str(error))
            return 0

    def evidence(self, evidence_digest: str) -> Evidence:
        """Stored evidence by its digest. Raises StoreRefused when what comes is something else."""
        evidence = self.unverified_evidence(evidence_digest)
        if digest_of(evidence) != evidence_digest:
            raise StoreRefused(f"the store answered {evidence_digest} with other evidence", subject=evidence_digest)
        return evidence

    def unverified_evidence(self, evidence_digest: str) -> Evidence:
        """Stored evidence by its digest, for a caller who computes the digest of what comes and compares it."""
        with calling(evidence_digest):
            request = evidence_service_pb2.DownloadEvidenceRequest(evidence_digest=evidence_digest)
            return evidence_from_chunks(part.chunk for part in self._evidence.DownloadEvidence(request))


def attempt_side_to_wire(attempt: AttemptRef, side: Side, retry: int = 0) -> evidence_service_pb2.AttemptSide:
    """The message of one suite run of one side of an attempt."""
    return evidence_service_pb2.AttemptSide(attempt=attempt_ref_to_wire(attempt), side=side_to_wire(side), retry=retry)
