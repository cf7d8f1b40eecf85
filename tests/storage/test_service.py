"""The whole store behind a real socket: contract, identities, streams, restarts."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from sqlalchemy import URL

from autopack.results.v1 import evidence_pb2, run_pb2
from autopack.store.v1 import (
    baseline_service_pb2,
    decision_service_pb2,
    evidence_service_pb2,
    result_service_pb2,
    run_service_pb2,
)
from autopack.store.v1.baseline_service_pb2_grpc import BaselineServiceStub
from autopack.store.v1.decision_service_pb2_grpc import DecisionServiceStub
from autopack.store.v1.evidence_service_pb2_grpc import EvidenceServiceStub
from autopack.store.v1.run_service_pb2_grpc import RunServiceStub
from autopack_model.baseline.wire import baseline_key_to_wire
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.changed_files.wire import changed_files_chunks, changed_files_from_chunks
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Decision
from autopack_model.decision.wire import decision_chunks, decision_from_chunks
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.value import Evidence
from autopack_model.evidence.wire import evidence_chunks, evidence_from_chunks
from autopack_model.identity.value import AttemptRef, Side
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.policy.wire import terms_to_wire
from autopack_model.run.value import RunState, SideEvidence
from autopack_model.run.wire import run_from_wire, run_spec_to_wire, run_state_to_wire, side_evidence_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.embedded import EmbeddedSettings
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role, Tokens
from autopack_store.access import ERRORS, ROLES
from autopack_store.config import StoreSettings
from autopack_store.server import embedded, store_server
from tests.fakes.evidence import make_evidence
from tests.fakes.incomplete import incomplete
from tests.fakes.store import HEAD_FILES, TERMS, first_attempt, make_decision, make_key, make_spec
from tests.storage.databases import full_address

REF = first_attempt()
BASE = make_evidence({"tests/test_a.py::test_1": TestState.PASSED})
HEAD = make_evidence({"tests/test_a.py::test_1": TestState.FAILED}, tree="d" * 40)
TOKENS = Tokens.generate()
CHUNK_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller of the store with one role."""

    runs: RunServiceStub
    evidence: EvidenceServiceStub
    baselines: BaselineServiceStub
    decisions: DecisionServiceStub

    def create_run(self, request_id: str = "create") -> run_service_pb2.CreateRunResponse:
        """Create the run."""
        with remote_errors():
            return self.runs.CreateRun(
                run_service_pb2.CreateRunRequest(
                    request_id=request_id, spec=run_spec_to_wire(make_spec()), attempt=attempt_ref_to_wire(REF)
                )
            )

    def upload(self, evidence: Evidence, *, baseline: bool = False) -> evidence_service_pb2.UploadEvidenceResponse:
        """Upload evidence in chunks, as the ``baseline`` of its key when told so."""
        digest = evidence_digest(evidence)
        start = evidence_service_pb2.UploadEvidenceStart(
            request_id=f"named-{digest[-50:]}" if baseline else digest[-64:],
            evidence_digest=digest,
            kept_chunks=None,
            test_set_digest=None,
            attempt_side=None,
            baseline_key=baseline_key_to_wire(make_key(evidence)) if baseline else None,
            replaces_baseline=False,
        )

        def parts() -> Iterator[evidence_service_pb2.UploadEvidenceRequest]:
            yield evidence_service_pb2.UploadEvidenceRequest(start=start)
            for chunk in evidence_chunks(evidence):
                yield evidence_service_pb2.UploadEvidenceRequest(chunk=chunk)

        with remote_errors():
            return self.evidence.UploadEvidence(parts())

    def download(self, digest: str) -> Evidence:
        """Download evidence; every message is under the limit."""
        with remote_errors():
            responses = list(
                self.evidence.DownloadEvidence(evidence_service_pb2.DownloadEvidenceRequest(evidence_digest=digest))
            )
        assert max(response.ByteSize() for response in responses) < CHUNK_LIMIT
        return evidence_from_chunks(response.chunk for response in responses)

    def attach(self, side: Side, evidence: Evidence) -> run_service_pb2.AttachEvidenceResponse:
        """Attach evidence to the attempt."""
        entry = SideEvidence(side=side, evidence_digest=evidence_digest(evidence), reused=False)
        with remote_errors():
            return self.runs.AttachEvidence(
                run_service_pb2.AttachEvidenceRequest(
                    request_id=f"attach-{side.label}",
                    attempt=attempt_ref_to_wire(REF),
                    evidence=side_evidence_to_wire(entry),
                )
            )

    def record_files(self, files: ChangedFiles = HEAD_FILES) -> run_service_pb2.RecordChangedFilesResponse:
        """Record the attempt's changed files."""
        start = run_service_pb2.RecordChangedFilesStart(
            request_id="files", attempt=attempt_ref_to_wire(REF), changed_files_digest=changed_files_digest(files)
        )

        def parts() -> Iterator[run_service_pb2.RecordChangedFilesRequest]:
            yield run_service_pb2.RecordChangedFilesRequest(start=start)
            for chunk in changed_files_chunks(files):
                yield run_service_pb2.RecordChangedFilesRequest(chunk=chunk)

        with remote_errors():
            return self.runs.RecordChangedFiles(parts())

    def changed_files(self) -> ChangedFiles:
        """The attempt's changed files."""
        request = run_service_pb2.GetChangedFilesRequest(attempt=attempt_ref_to_wire(REF))
        with remote_errors():
            return changed_files_from_chunks(part.chunk for part in self.runs.GetChangedFiles(request))

    def decide(self, decision: Decision) -> decision_service_pb2.RecordDecisionResponse:
        """Record the attempt's decision."""
        start = decision_service_pb2.RecordDecisionStart(
            request_id="decide",
            attempt=attempt_ref_to_wire(REF),
            decision_digest=decision_digest(decision),
            conclude=False,
            terms=terms_to_wire(TERMS),
        )

        def parts() -> Iterator[decision_service_pb2.RecordDecisionRequest]:
            yield decision_service_pb2.RecordDecisionRequest(start=start)
            for chunk in decision_chunks(decision):
                yield decision_service_pb2.RecordDecisionRequest(chunk=chunk)

        with remote_errors():
            return self.decisions.RecordDecision(parts())

    def decision(self, ref: AttemptRef = REF) -> Decision:
        """The attempt's decision."""
        request = decision_service_pb2.GetDecisionRequest(attempt=attempt_ref_to_wire(ref), number=0)
        with remote_errors():
            return decision_from_chunks(part.chunk for part in self.decisions.GetDecision(request))

    def find_baseline(self, evidence: Evidence) -> baseline_service_pb2.FindBaselineResponse:
        """Find the baseline of evidence's key."""
        request = baseline_service_pb2.FindBaselineRequest(key=baseline_key_to_wire(make_key(evidence)))
        with remote_errors():
            return self.baselines.FindBaseline(request)

    def finish(self, state: RunState) -> run_service_pb2.FinishRunResponse:
        """End the run."""
        with remote_errors():
            return self.runs.FinishRun(
                run_service_pb2.FinishRunRequest(
                    request_id="finish", run_id="run-1", state=run_state_to_wire(state), failure=None
                )
            )

    def run_state(self) -> RunState:
        """How far the run is."""
        with remote_errors():
            return run_from_wire(self.runs.GetRun(run_service_pb2.GetRunRequest(run_id="run-1")).run).state


@contextlib.contextmanager
def _calling(address: str, token: str) -> Iterator[Caller]:
    with channel(address, token=token, deadline_s=30) as opened:
        yield Caller(
            RunServiceStub(opened),
            EvidenceServiceStub(opened),
            BaselineServiceStub(opened),
            DecisionServiceStub(opened),
        )


Serve: TypeAlias = Callable[[], contextlib.AbstractContextManager[str]]
"""Start a store, on the test's own database, that serves inside the block; it yields its address."""


@contextlib.contextmanager
def _socket() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield f"unix:{folder}/store.sock"


@contextlib.contextmanager
def _embedded(home: Path) -> Iterator[str]:
    with _socket() as address, embedded(EmbeddedSettings(home=home, addresses={"store": address}, tokens=TOKENS)):
        yield address


@contextlib.contextmanager
def _deployed(url: URL) -> Iterator[str]:
    with _socket() as address:
        settings = StoreSettings(database_url=full_address(url), address=address, tokens=TOKENS, bootstrap=False)
        with store_server(settings) as bound:
            yield bound


@pytest.fixture
def serve(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Serve:
    """An embedded store with a fresh home, or a deployed one on PostgreSQL."""
    if kind == "sqlite":
        return lambda: _embedded(tmp_path / "home")
    url = cast(URL, request.getfixturevalue("url"))
    return lambda: _deployed(url)


@pytest.fixture
def address(serve: Serve) -> Iterator[str]:
    """The address of an empty store."""
    with serve() as address:
        yield address


@pytest.fixture
def executor(address: str) -> Iterator[Caller]:
    """The executor as a caller."""
    with _calling(address, TOKENS.of(Role.EXECUTOR)) as caller:
        yield caller


@pytest.fixture
def gatekeeper(address: str) -> Iterator[Caller]:
    """The gatekeeper as a caller."""
    with _calling(address, TOKENS.of(Role.GATEKEEPER)) as caller:
        yield caller


def _measure(executor: Caller) -> None:
    executor.create_run()
    for side, evidence in ((Side.BASE, BASE), (Side.HEAD, HEAD)):
        executor.upload(evidence)
        executor.attach(side, evidence)
    executor.record_files()


def test_a_gate_run_goes_over_the_wire(executor: Caller, gatekeeper: Caller) -> None:
    """A run, its evidence, changed files, baseline, decision and end are recorded and read back through the socket."""
    _measure(executor)
    assert executor.find_baseline(BASE).HasField("evidence_digest") is False
    assert executor.upload(BASE, baseline=True).already_present
    assert evidence_digest(BASE) == gatekeeper.find_baseline(BASE).evidence_digest
    assert (BASE, HEAD) == tuple(gatekeeper.download(evidence_digest(side)) for side in (BASE, HEAD))
    assert HEAD_FILES == gatekeeper.changed_files()
    decision = make_decision(BASE, HEAD)
    assert gatekeeper.decide(decision).already_present is False
    assert decision == executor.decision()
    assert executor.finish(RunState.DECIDED).replayed is False
    assert RunState.DECIDED is executor.run_state()
    assert executor.finish(RunState.DECIDED).replayed is True


def test_an_answer_is_given_again(executor: Caller) -> None:
    """A repeated request is answered as the first time, and as replayed."""
    assert [False, True] == [executor.create_run().replayed for _ in range(2)]
    assert [
        evidence_service_pb2.UploadEvidenceResponse(
            facts_digest=facts_digest(BASE), already_present=False, replayed=replayed
        )
        for replayed in (False, True)
    ] == [executor.upload(BASE) for _ in range(2)]


def test_large_evidence_streams_in_chunks(executor: Caller) -> None:
    """Evidence of fifty thousand tests with long ids travels in messages under 1 MiB and comes back equal."""
    states = [TestState.PASSED, TestState.FAILED, TestState.SKIPPED]
    evidence = make_evidence(
        {f"tests/test_{n}.py::test[{'x' * 100}-{n}-ü]": states[n % 3] for n in range(50_000)},
        durations_ms={},
    )
    executor.upload(evidence)
    assert evidence == executor.download(evidence_digest(evidence))


def test_many_changed_files_stream_in_chunks(executor: Caller) -> None:
    """Twenty thousand changed files come back equal."""
    files = ChangedFiles.of(
        tuple(
            ChangedFile(
                path=f"src/{n:05}.py",
                old_path=None,
                kind=ChangeKind.ADDED,
                lines_added=n,
                lines_removed=0,
                binary=False,
            )
            for n in range(20_000)
        )
    )
    executor.create_run()
    executor.record_files(files)
    assert files == executor.changed_files()


def test_a_restarted_store_remembers(serve: Serve) -> None:
    """What was recorded is there after the store was stopped and started again."""
    for expected in (False, True):
        with serve() as address, _calling(address, TOKENS.of(Role.EXECUTOR)) as caller:
            assert expected is caller.create_run().replayed
            assert RunState.RUNNING is caller.run_state()


def _methods() -> dict[str, MethodDescriptor]:
    """Every method of the store, by its full name."""
    return {
        f"/{service.full_name}/{method.name}": method
        for module in (
            run_service_pb2,
            evidence_service_pb2,
            baseline_service_pb2,
            decision_service_pb2,
            result_service_pb2,
        )
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }


def _raw(data: bytes) -> bytes:
    return data


def test_every_mutation_belongs_to_one_role() -> None:
    """Every method of the contract either only reads or is one role's alone; to decide is the gatekeeper's, to answer
    the client's, and an upload that is under way the executor's.
    """
    methods = set(_methods())
    reading = {
        method for method in methods if method.rpartition("/")[2].startswith(("Get", "List", "Find", "Download"))
    } - {"/autopack.store.v1.EvidenceService/GetUpload"}
    assert methods - reading == set(ROLES)
    decisions = "/autopack.store.v1.DecisionService/"
    assert {
        f"{decisions}RecordDecision",
        f"{decisions}RecordFurtherDecision",
        "/autopack.store.v1.RunService/ConcludeAttempt",
    } == {method for method, roles in ROLES.items() if Role.GATEKEEPER in roles}
    assert {f"{decisions}RecordApproval"} == {method for method, roles in ROLES.items() if Role.CLIENT in roles}
    assert all(1 == len(roles) for roles in ROLES.values())


@pytest.mark.parametrize("role", Role)
def test_a_mutation_of_another_role_is_denied(address: str, role: Role) -> None:
    """Who has another role's token is denied every mutation that is not theirs, and only those."""
    denied = set()
    with channel(address, token=TOKENS.of(role), deadline_s=30) as opened:
        for name, method in _methods().items():
            try:
                with remote_errors():
                    if method.client_streaming:
                        opened.stream_unary(name, _raw, _raw)(iter([b""]))
                    elif method.server_streaming:
                        list(opened.unary_stream(name, _raw, _raw)(b""))
                    else:
                        opened.unary_unary(name, _raw, _raw)(b"")
            except RemoteError as error:
                if error.code is grpc.StatusCode.PERMISSION_DENIED:
                    denied.add(name)
    assert {method for method, roles in ROLES.items() if role not in roles} == denied


def test_a_caller_without_a_token_is_refused(address: str) -> None:
    """Who has no known token can neither write nor read."""
    with _calling(address, "x" * 40) as stranger:
        for call in (stranger.create_run, stranger.run_state):
            with pytest.raises(RemoteError) as caught:
                call()
            assert grpc.StatusCode.UNAUTHENTICATED is caught.value.code


def _refused(call: Callable[[], object]) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        call()
    return caught.value


def test_errors_carry_their_reason(executor: Caller, gatekeeper: Caller) -> None:
    """Every refusal has its status, its reason, the thing it is about, and a message that says what to do."""
    missing = _refused(executor.run_state)
    assert (grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "run-1") == (missing.code, missing.reason, missing.subject)
    _measure(executor)
    taken = _refused(lambda: executor.create_run("other"))
    assert (grpc.StatusCode.ALREADY_EXISTS, "run-1") == (taken.code, taken.subject)
    unfounded = _refused(lambda: gatekeeper.decide(make_decision(None, HEAD)))
    assert (grpc.StatusCode.FAILED_PRECONDITION, "UNFOUNDED_DECISION") == (unfounded.code, unfounded.reason)
    undecided = _refused(lambda: executor.finish(RunState.DECIDED))
    assert (grpc.StatusCode.FAILED_PRECONDITION, "FAILED_PRECONDITION") == (undecided.code, undecided.reason)
    executor.finish(RunState.CANCELLED)
    ended = _refused(lambda: executor.record_files(ChangedFiles.of(())))
    assert (grpc.StatusCode.INVALID_ARGUMENT, {"request_id"}) == (ended.code, set(ended.violations))


def test_bad_input_is_refused_by_field(executor: Caller) -> None:
    """Bad input is INVALID_ARGUMENT with a violation for the field that is wrong."""
    spec, ref = run_spec_to_wire(make_spec()), attempt_ref_to_wire(REF)
    runs = executor.runs
    start = evidence_service_pb2.UploadEvidenceRequest(
        start=evidence_service_pb2.UploadEvidenceStart(
            request_id="a",
            evidence_digest=evidence_digest(BASE),
            kept_chunks=None,
            test_set_digest=None,
            attempt_side=None,
            baseline_key=None,
            replaces_baseline=False,
        )
    )
    cases: list[tuple[str, Callable[[], object]]] = [
        ("request_id", lambda: runs.CreateRun(incomplete(run_service_pb2.CreateRunRequest, spec=spec, attempt=ref))),
        (
            "spec.head",
            lambda: runs.CreateRun(incomplete(run_service_pb2.CreateRunRequest, request_id="a", attempt=ref)),
        ),
        (
            "attempt.run_id",
            lambda: runs.CreateRun(incomplete(run_service_pb2.CreateRunRequest, request_id="a", spec=spec)),
        ),
        ("run_id", lambda: runs.GetRun(run_service_pb2.GetRunRequest(run_id="../x"))),
        ("page_size", lambda: runs.ListRuns(incomplete(run_service_pb2.ListRunsRequest, page_size=501))),
        ("page_token", lambda: runs.ListRuns(incomplete(run_service_pb2.ListRunsRequest, page_token="x"))),
        ("state", lambda: runs.FinishRun(incomplete(run_service_pb2.FinishRunRequest, request_id="a", run_id="run-1"))),
        (
            "failure",
            lambda: runs.FinishRun(
                incomplete(
                    run_service_pb2.FinishRunRequest, request_id="a", run_id="run-1", state=run_pb2.RUN_STATE_FAILED
                )
            ),
        ),
        (
            "evidence.side",
            lambda: runs.AttachEvidence(incomplete(run_service_pb2.AttachEvidenceRequest, request_id="a", attempt=ref)),
        ),
        ("part", lambda: executor.evidence.UploadEvidence(iter((start, start)))),
        ("start", lambda: executor.evidence.UploadEvidence(iter((evidence_service_pb2.UploadEvidenceRequest(),)))),
        ("chunk", lambda: executor.evidence.UploadEvidence(iter((start,)))),
        (
            "chunk",
            lambda: executor.evidence.UploadEvidence(
                iter(
                    (
                        start,
                        evidence_service_pb2.UploadEvidenceRequest(chunk=evidence_pb2.EvidenceChunk(states=b"\1")),
                    )
                )
            ),
        ),
        (
            "evidence_digest",
            lambda: list(executor.evidence.DownloadEvidence(incomplete(evidence_service_pb2.DownloadEvidenceRequest))),
        ),
        ("key.tree", lambda: executor.baselines.FindBaseline(incomplete(baseline_service_pb2.FindBaselineRequest))),
    ]
    for field, call in cases:

        def called(call: Callable[[], object] = call) -> object:
            with remote_errors():
                return call()

        error = _refused(called)
        assert (grpc.StatusCode.INVALID_ARGUMENT, {field}) == (error.code, set(error.violations)), error.message


def test_an_upload_that_breaks_off_keeps_nothing(executor: Caller) -> None:
    """An upload whose chunks end early is refused, and the evidence is not there."""
    digest = evidence_digest(HEAD)
    start = evidence_service_pb2.UploadEvidenceStart(
        request_id="a",
        evidence_digest=digest,
        kept_chunks=None,
        test_set_digest=None,
        attempt_side=None,
        baseline_key=None,
        replaces_baseline=False,
    )
    chunks = list(evidence_chunks(HEAD))
    for length in range(len(chunks)):
        parts = [evidence_service_pb2.UploadEvidenceRequest(start=start)]
        parts += [evidence_service_pb2.UploadEvidenceRequest(chunk=chunk) for chunk in chunks[:length]]
        with pytest.raises(RemoteError) as caught, remote_errors():
            executor.evidence.UploadEvidence(iter(parts))
        assert grpc.StatusCode.INVALID_ARGUMENT is caught.value.code
    assert grpc.StatusCode.NOT_FOUND is _refused(lambda: executor.download(digest)).code
    assert HEAD == (executor.upload(HEAD), executor.download(digest))[1]


def test_every_error_has_a_status() -> None:
    """The table of errors names each kind of error that a call can end with."""
    assert {
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    } == set(ERRORS.values())
