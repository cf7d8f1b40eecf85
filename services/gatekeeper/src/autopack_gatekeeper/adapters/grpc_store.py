"""`GrpcStore`: the store service, over its contract."""

import contextlib
from collections.abc import Iterator
from typing import Final

import grpc

from autopack.store.v1 import (
    decision_service_pb2,
    decision_service_pb2_grpc,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
    result_service_pb2,
    result_service_pb2_grpc,
    run_service_pb2,
    run_service_pb2_grpc,
)
from autopack_gatekeeper.domain.errors import DamagedAnswer, Overtaken, StoreUnavailable, UnknownAttempt
from autopack_gatekeeper.ports import Recorded
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.auditor_result.wire import recorded_auditor_result_from_wire
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.changed_files.wire import changed_files_from_chunks
from autopack_model.decision.value import Decision
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.errors import InvalidValue
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_from_chunks
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import Attempt
from autopack_model.run.wire import attempt_state_to_wire, run_from_wire
from autopack_model.stream import recorded
from autopack_rpc.client.retrying import Repeatable
from autopack_rpc.errors import RemoteError, remote_errors

WRONG_CONCLUSION: Final = "WRONG_CONCLUSION"
"""The reason of the store's refusal of a conclusion that decision and auditor do not come to."""


class GrpcStore:
    """Implements ``ports.EvidenceSource``, ``ports.DecisionStore`` and ``ports.AttemptStore``."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._evidence = evidence_service_pb2_grpc.EvidenceServiceStub(channel)
        self._runs = run_service_pb2_grpc.RunServiceStub(channel)
        self._decisions = decision_service_pb2_grpc.DecisionServiceStub(channel)
        self._results = result_service_pb2_grpc.ResultServiceStub(channel)

    def evidence(self, evidence_digest: str) -> Evidence:
        """The evidence with this digest."""
        with _calling(evidence_digest):
            request = evidence_service_pb2.DownloadEvidenceRequest(evidence_digest=evidence_digest)
            return evidence_from_chunks(part.chunk for part in self._evidence.DownloadEvidence(request))

    def changed_files(self, attempt: AttemptRef) -> ChangedFiles | None:
        """The changed files of an attempt."""
        try:
            with _calling(str(attempt)):
                request = run_service_pb2.GetChangedFilesRequest(attempt=attempt_ref_to_wire(attempt))
                return changed_files_from_chunks(part.chunk for part in self._runs.GetChangedFiles(request))
        except RemoteError as error:
            if error.code is grpc.StatusCode.NOT_FOUND:
                return None
            raise

    def record(self, request_id: str, attempt: AttemptRef, decision: Decision, decision_digest: str) -> Recorded:
        """Record the attempt's decision. The caller's request id serves again, so that a repetition is one mutation."""
        start = decision_service_pb2.RecordDecisionStart(
            request_id=request_id,
            attempt=attempt_ref_to_wire(attempt),
            decision_digest=decision_digest,
        )

        def parts() -> Iterator[decision_service_pb2.RecordDecisionRequest]:
            yield decision_service_pb2.RecordDecisionRequest(start=start)
            for chunk in decision_chunks(decision):
                yield decision_service_pb2.RecordDecisionRequest(chunk=chunk)

        with _calling(str(attempt)):
            answer = self._decisions.RecordDecision(Repeatable(parts))
        return Recorded(already_present=answer.already_present, replayed=answer.replayed)

    def decision(self, attempt: AttemptRef) -> Decision:
        """The recorded decision of an attempt."""
        with _calling(str(attempt)):
            request = decision_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(attempt))
            return decision_from_chunks(part.chunk for part in self._decisions.GetDecision(request))

    def attempt(self, ref: AttemptRef) -> Attempt:
        """The attempt as the store knows it."""
        with _calling(str(ref)):
            run = run_from_wire(self._runs.GetRun(run_service_pb2.GetRunRequest(run_id=ref.run_id)).run)
        found = next((attempt for attempt in run.attempts if attempt.ref == ref), None)
        if found is None:
            raise UnknownAttempt(f"run {ref.run_id} has no attempt {ref}; name one that it has", subject=str(ref))
        return found

    def auditor_result(self, ref: AttemptRef) -> AuditorResult:
        """What the auditor of an attempt said."""
        with _calling(str(ref)):
            request = result_service_pb2.GetAuditorResultRequest(attempt=attempt_ref_to_wire(ref))
            record, chunks = recorded(self._results.GetAuditorResult(request))
            return recorded_auditor_result_from_wire(record, chunks).result

    def conclude(self, request_id: str, ref: AttemptRef, state: AttemptState) -> bool:
        """Record what came of a decided attempt. The caller's request id serves again."""
        request = run_service_pb2.ConcludeAttemptRequest(
            request_id=request_id, attempt=attempt_ref_to_wire(ref), state=attempt_state_to_wire(state)
        )
        try:
            with _calling(str(ref)):
                return self._runs.ConcludeAttempt(request).replayed
        except RemoteError as error:
            if error.reason != WRONG_CONCLUSION:
                raise
            raise Overtaken(error.message, subject=str(ref)) from error


@contextlib.contextmanager
def _calling(subject: str) -> Iterator[None]:
    """Tell a store that cannot be reached, and an answer that its contract does not allow, from what it refuses."""
    try:
        with remote_errors():
            yield
    except RemoteError as error:
        if not error.unreachable:
            raise
        raise StoreUnavailable(
            f"the store cannot be reached ({error.message}); check that it runs and its address", subject=subject
        ) from error
    except InvalidValue as error:
        raise DamagedAnswer(
            f"what the store answered about {subject} is not valid ({error}); nothing was decided. "
            "Check the store's data",
            subject=subject,
        ) from error
