"""The gatekeeper as a service, beside a real store, over real gRPC."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.gatekeeper.v1 import gatekeeper_service_pb2_grpc
from autopack.store.v1 import (
    decision_service_pb2,
    decision_service_pb2_grpc,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
    run_service_pb2,
    run_service_pb2_grpc,
)
from autopack_gatekeeper import server as gatekeeper
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFiles
from autopack_model.changed_files.wire import changed_files_chunks
from autopack_model.decision.decided import Decided
from autopack_model.decision.decided_wire import decided_from_wire
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision
from autopack_model.decision.wire import decision_from_chunks
from autopack_model.evidence.document import evidence_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.policy.wire import terms_to_wire
from autopack_model.run.attempt_state import AttemptState
from autopack_model.run.value import CandidateKind, RunSpec, SideEvidence
from autopack_model.run.wire import run_spec_to_wire, side_evidence_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.request_id import new_request_id
from autopack_rpc.roles import Role, Tokens
from autopack_store import server as store
from tests.fakes.evidence import make_evidence
from tests.fakes.judging import NO_FILES, judge
from tests.fakes.store import TERMS

ATTEMPT = AttemptRef(run_id="run-1", phase="gate", attempt=1)
BASE = make_evidence({"a.py::x": TestState.PASSED, "a.py::ü\n": TestState.PASSED}, revision="a" * 40, tree="b" * 40)
HEAD = make_evidence({"a.py::x": TestState.FAILED, "a.py::ü\n": TestState.PASSED}, revision="c" * 40, tree="d" * 40)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Both services, as the holder of each role sees them."""

    settings: EmbeddedSettings
    stack: contextlib.ExitStack

    def connect(self, name: str, role: Role) -> grpc.Channel:
        """A channel to a service for a role."""
        address, token = self.settings.addresses[name], self.settings.tokens.of(role)
        return self.stack.enter_context(channel(address, token=token))

    def gatekeeper(self, role: Role = Role.EXECUTOR) -> gatekeeper_service_pb2_grpc.GatekeeperServiceStub:
        """The gatekeeper."""
        return gatekeeper_service_pb2_grpc.GatekeeperServiceStub(self.connect("gatekeeper", role))

    def upload(self, evidence: Evidence) -> str:
        """Store evidence; returns its digest."""
        stub = evidence_service_pb2_grpc.EvidenceServiceStub(self.connect("store", Role.EXECUTOR))
        digest = evidence_digest(evidence)
        start = evidence_service_pb2.UploadEvidenceStart(
            request_id=new_request_id(),
            evidence_digest=digest,
            kept_chunks=None,
            test_set_digest=None,
            attempt_side=None,
            baseline_key=None,
            replaces_baseline=False,
        )
        chunks = (evidence_service_pb2.UploadEvidenceRequest(chunk=chunk) for chunk in evidence_chunks(evidence))
        stub.UploadEvidence(iter([evidence_service_pb2.UploadEvidenceRequest(start=start), *chunks]))
        return digest

    def prepare(self, *, changed_files: ChangedFiles | None = NO_FILES) -> None:
        """A run with the evidence of both sides attached, and changed files unless there are none."""
        runs = run_service_pb2_grpc.RunServiceStub(self.connect("store", Role.EXECUTOR))
        attempt = attempt_ref_to_wire(ATTEMPT)
        spec = RunSpec(
            run_id=ATTEMPT.run_id,
            repository="/srv/project",
            base=BASE.suite_run.tree,
            head=HEAD.suite_run.tree,
            candidate=CandidateKind.COMMIT,
            interpreter="python3",
            arguments=(),
            setup=None,
            timeout_ms=1000,
        )
        runs.CreateRun(
            run_service_pb2.CreateRunRequest(request_id=new_request_id(), spec=run_spec_to_wire(spec), attempt=attempt)
        )
        for side, evidence in ((Side.BASE, BASE), (Side.HEAD, HEAD)):
            entry = SideEvidence(side=side, evidence_digest=self.upload(evidence), reused=False)
            runs.AttachEvidence(
                run_service_pb2.AttachEvidenceRequest(
                    request_id=new_request_id(), attempt=attempt, evidence=side_evidence_to_wire(entry)
                )
            )
        if changed_files is not None:
            start = run_service_pb2.RecordChangedFilesStart(
                request_id=new_request_id(), attempt=attempt, changed_files_digest=changed_files_digest(changed_files)
            )
            chunks = (
                run_service_pb2.RecordChangedFilesRequest(chunk=chunk) for chunk in changed_files_chunks(changed_files)
            )
            runs.RecordChangedFiles(iter([run_service_pb2.RecordChangedFilesRequest(start=start), *chunks]))


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[EmbeddedSettings]:
    """A home of one's own, and sockets in a folder with a short name: their paths may have 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="autopack-test-", dir="/tmp") as folder:
        addresses = {name: f"unix:{folder}/{name}.sock" for name in ("store", "gatekeeper")}
        yield EmbeddedSettings(home=tmp_path, addresses=addresses, tokens=Tokens.generate())


@pytest.fixture
def services(settings: EmbeddedSettings) -> Iterator[Services]:
    """A store and a gatekeeper on sockets of their own."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(store.embedded(settings))
        stack.enter_context(gatekeeper.embedded(settings))
        yield Services(settings=settings, stack=stack)


def asked(
    base: str | None = evidence_digest(BASE), head: str = evidence_digest(HEAD), request_id: str = "ask-1"
) -> pb.DecideRequest:
    """A request to decide the attempt on these digests."""
    return pb.DecideRequest(
        request_id=request_id,
        attempt=attempt_ref_to_wire(ATTEMPT),
        base_evidence_digest=base,
        head_evidence_digest=head,
        conclude=False,
        base_retry_digests=[],
        head_retry_digests=[],
        cross_evidence_digest=None,
        cross_retry_digests=[],
        reverse_evidence_digest=None,
        terms=terms_to_wire(TERMS),
    )


def expected(changed_files: ChangedFiles = NO_FILES) -> Decision:
    """What the pure function gives."""
    return judge(BASE, HEAD, changed_files)


def recorded(services: Services) -> Decision:
    """The decision that the store holds."""
    stub = decision_service_pb2_grpc.DecisionServiceStub(services.connect("store", Role.CLIENT))
    request = decision_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(ATTEMPT), number=0)
    with remote_errors():
        return decision_from_chunks(part.chunk for part in stub.GetDecision(request))


def decided(services: Services, request: pb.DecideRequest) -> tuple[pb.DecideRecord, Decided]:
    """What the gatekeeper answers: the record, and the whole answer as a value."""
    parts = list(services.gatekeeper().Decide(request))
    return parts[0].record, decided_from_wire(parts)


def refusal(services: Services, request: pb.DecideRequest, role: Role = Role.EXECUTOR) -> RemoteError:
    """How the gatekeeper refuses a request."""
    with pytest.raises(RemoteError) as caught, remote_errors():
        list(services.gatekeeper(role).Decide(request))
    return caught.value


def test_an_attempt_is_decided_and_recorded(services: Services) -> None:
    """The decision made from stored evidence is the pure function's, and the store holds it."""
    services.prepare()
    record, answer = decided(services, asked())
    assert decision_digest(expected()) == record.decision_digest == answer.digest
    assert (False, AttemptState.DECIDING) == (record.already_present, answer.state)
    assert expected() == answer.decision == recorded(services)


def test_deciding_again_finds_the_decision_present(services: Services) -> None:
    """A repetition gives the first answer, as replayed; a new request says that the decision was present."""
    services.prepare()
    first, _ = decided(services, asked())
    repeated, _ = decided(services, asked())
    assert (False, True) == (first.replayed, repeated.replayed)
    repeated.replayed = False
    assert first == repeated
    again, _ = decided(services, asked(request_id="ask-2"))
    assert (first.decision_digest, True) == (again.decision_digest, again.already_present)


def test_changed_files_that_were_not_recorded_make_it_inconclusive_at_best(services: Services) -> None:
    """The decision says that the changed files are unknown."""
    services.prepare(changed_files=None)
    record, _ = decided(services, asked())
    assert decision_digest(expected(ChangedFiles.unknown("none"))) == record.decision_digest


def test_missing_evidence_is_not_found_and_nothing_is_recorded(services: Services) -> None:
    """The store's answer reaches the caller, and there is no decision."""
    services.prepare()
    error = refusal(services, asked(head="sha256:" + "0" * 64))
    assert (grpc.StatusCode.NOT_FOUND, "NOT_FOUND") == (error.code, error.reason)
    with pytest.raises(RemoteError, match="has no decision"):
        recorded(services)


def test_evidence_that_is_not_attached_cannot_found_a_decision(services: Services) -> None:
    """Leaving the baseline out, to be judged without one, is refused by the store."""
    services.prepare()
    error = refusal(services, asked(base=None))
    assert (grpc.StatusCode.FAILED_PRECONDITION, "UNFOUNDED_DECISION") == (error.code, error.reason)


def test_incomparable_sides_are_a_failed_precondition(services: Services) -> None:
    """Sides that were measured with different arguments are refused by name."""
    services.prepare()
    other = services.upload(make_evidence({"a.py::x": TestState.PASSED}, arguments=("-k", "x")))
    error = refusal(services, asked(head=other))
    assert (grpc.StatusCode.FAILED_PRECONDITION, "INCOMPARABLE_EVIDENCE") == (error.code, error.reason)


def test_only_the_executor_may_ask_for_a_decision(services: Services) -> None:
    """A client's token is not enough."""
    services.prepare()
    assert grpc.StatusCode.PERMISSION_DENIED is refusal(services, asked(), Role.CLIENT).code


def test_a_bad_field_is_named(services: Services) -> None:
    """The refusal carries the path of the field."""
    error = refusal(services, asked(head="latest"))
    assert grpc.StatusCode.INVALID_ARGUMENT is error.code
    assert ["head_evidence_digest"] == list(error.violations)


def test_a_store_that_cannot_be_reached_is_unavailable(settings: EmbeddedSettings) -> None:
    """Nothing is decided without a store, and the error says which service is missing."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(gatekeeper.embedded(settings))
        error = refusal(Services(settings=settings, stack=stack), asked())
    assert (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE") == (error.code, error.reason)
    assert "the store cannot be reached" in error.message
