"""A whole request of each RPC, as messages, for tests that change one thing in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from google.protobuf.message import Message

from autopack.executor.v1 import executor_service_pb2
from autopack.gatekeeper.v1 import gatekeeper_service_pb2
from autopack.results.v1 import run_pb2
from autopack.store.v1 import (
    baseline_service_pb2,
    decision_service_pb2,
    evidence_service_pb2,
    history_service_pb2,
    result_service_pb2,
    run_service_pb2,
)
from autopack_model.approval.value import Answer
from autopack_model.approval.wire import answer_to_wire
from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import SuggestedPatch
from autopack_model.auditor_result.wire import auditor_result_chunks
from autopack_model.baseline.wire import baseline_key_to_wire
from autopack_model.builder_result.document import builder_result_digest
from autopack_model.builder_result.wire import builder_result_chunks
from autopack_model.bundle.value import BundleUpload
from autopack_model.bundle.wire import bundle_upload_to_wire
from autopack_model.changed_files.document import changed_files_digest
from autopack_model.changed_files.value import ChangedFile, ChangedFiles, ChangeKind
from autopack_model.changed_files.wire import changed_files_chunks
from autopack_model.decision.document import decision_digest
from autopack_model.decision.value import Condition, Effect, Reason, RetryAssessment, Verdict
from autopack_model.decision.wire import decision_chunks, verdict_to_wire
from autopack_model.evidence.document import evidence_digest, facts_digest
from autopack_model.evidence.outcome import TestState
from autopack_model.evidence.wire import evidence_chunks
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate
from autopack_model.gate_request.value import ConfigurationFile, GateRequest
from autopack_model.gate_request.wire import gate_request_to_wire
from autopack_model.identity.value import Side
from autopack_model.identity.wire import attempt_ref_to_wire, side_to_wire
from autopack_model.patch.value import PatchUpload
from autopack_model.patch.wire import patch_upload_to_wire
from autopack_model.policy.document import policy_digest, waivers_digest
from autopack_model.policy.wire import terms_to_wire, waiver_to_wire
from autopack_model.run.value import PatchFix, RunFailure, RunState, RunType, SideEvidence
from autopack_model.run.wire import run_failure_to_wire, run_spec_to_wire, run_state_to_wire, side_evidence_to_wire
from autopack_rpc.request_id import new_request_id
from autopack_store.page_token import TokenForm
from autopack_store.runs.page import Page, Position, RunFilter
from tests.fakes.evidence import make_evidence
from tests.fakes.options import SATURATED_OPTIONS
from tests.fakes.results import PATCH, make_auditor_result, make_builder_result
from tests.fakes.store import FINDINGS, FUNCTIONS, SATURATED_TERMS, first_attempt, make_decision, make_key, make_spec

REF = first_attempt()
EVIDENCE = make_evidence(
    {
        "tests/test_it.py::test_a": TestState.PASSED,
        "tests/test_it.py::test_b": TestState.FAILED,
        "tests/test_it.py::test_c": TestState.SKIPPED,
    },
    durations_ms={},
    reruns={"tests/test_it.py::test_a": 2},
)
DIGEST = evidence_digest(EVIDENCE)
UNKNOWN = ChangedFiles.unknown("git failed")
FILES = replace(
    ChangedFiles.of(
        (
            ChangedFile(
                path="b",
                old_path="a",
                kind=ChangeKind.RENAMED,
                lines_added=2,
                lines_removed=1,
                binary=False,
                parts=("project.name", "project.version"),
                called_by=".ci/run",
            ),
            ChangedFile(
                path="c", old_path=None, kind=ChangeKind.ADDED, lines_added=None, lines_removed=None, binary=True
            ),
        )
    ),
    functions=FUNCTIONS,
    findings=FINDINGS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is sent to ``method`` (``/package.Service/Method``): one message, or those of an upload in order."""

    method: str
    messages: Sequence[Message]


def store_requests() -> list[Sent]:
    """A request of each RPC of the store with an id of its own, in which nothing is left out that can be given."""
    return [*_attachments(), *_uploads(), *_afterwards(), *_runs(), *_readings()]


def gatekeeper_request() -> gatekeeper_service_pb2.DecideRequest:
    """A request to decide."""
    return gatekeeper_service_pb2.DecideRequest(
        request_id=new_request_id(),
        attempt=attempt_ref_to_wire(REF),
        base_evidence_digest=DIGEST,
        head_evidence_digest=DIGEST,
        conclude=False,
        base_retry_digests=[DIGEST],
        head_retry_digests=[DIGEST],
        cross_evidence_digest=DIGEST,
        cross_retry_digests=[DIGEST],
        reverse_evidence_digest=DIGEST,
        terms=terms_to_wire(SATURATED_TERMS),
    )


def plan_cross_side_request() -> gatekeeper_service_pb2.PlanCrossSideRequest:
    """A request to say what is to be run for the cross side."""
    return gatekeeper_service_pb2.PlanCrossSideRequest(
        attempt=attempt_ref_to_wire(REF),
        base_evidence_digest=DIGEST,
        head_evidence_digest=DIGEST,
        base_retry_digests=[DIGEST],
        head_retry_digests=[DIGEST],
        terms=terms_to_wire(SATURATED_TERMS),
    )


def newly_bad_request() -> gatekeeper_service_pb2.ListNewlyBadRequest:
    """A request to say which tests are to be run again."""
    return gatekeeper_service_pb2.ListNewlyBadRequest(
        attempt=attempt_ref_to_wire(REF), base_evidence_digest=DIGEST, head_evidence_digest=DIGEST
    )


def start_run_requests() -> list[executor_service_pb2.StartRunRequest]:
    """Requests to gate a commit, and a patch, of a repository in each of its forms."""
    options = SATURATED_OPTIONS
    mounted = GateRequest(
        run_id="run-1",
        repository=Path("/repository"),
        base="main",
        candidate=CommitCandidate(revision="head"),
        options=options,
        no_baseline=True,
        configuration=ConfigurationFile(name="autopack.toml", text="[gate]"),
        named_folder="service",
    )
    requests = [
        mounted,
        replace(mounted, candidate=PatchCandidate(digest=DIGEST, fix=True)),
        replace(mounted, bundle_digest=DIGEST),
        replace(mounted, repository=None, clone_url="https://host/repository"),
    ]
    return [gate_request_to_wire(request, new_request_id()) for request in requests]


def upload_bundle_request() -> Sent:
    """The upload of a bundle, in the form of its messages."""
    start = bundle_upload_to_wire(BundleUpload(digest=DIGEST, size_bytes=1), new_request_id())
    return Sent(
        method="/autopack.executor.v1.ExecutorService/UploadBundle",
        messages=[start, executor_service_pb2.UploadBundleRequest(chunk=b"a")],
    )


def upload_patch_request() -> Sent:
    """The upload of a patch, in the form of its messages."""
    start = patch_upload_to_wire(PatchUpload(digest=DIGEST, size_bytes=1), new_request_id())
    return Sent(
        method="/autopack.executor.v1.ExecutorService/UploadPatch",
        messages=[start, executor_service_pb2.UploadPatchRequest(chunk=b"a")],
    )


def _attachments() -> list[Sent]:
    entry = SideEvidence(side=Side.HEAD, evidence_digest=DIGEST, reused=False, retry=1)
    attach = run_service_pb2.AttachEvidenceRequest(
        request_id=new_request_id(), attempt=attempt_ref_to_wire(REF), evidence=side_evidence_to_wire(entry)
    )
    find = baseline_service_pb2.FindBaselineRequest(key=baseline_key_to_wire(make_key(EVIDENCE)))
    retries = baseline_service_pb2.ListRetriesRequest(evidence_digest=DIGEST, attempt=attempt_ref_to_wire(REF))
    return [
        Sent(method="/autopack.store.v1.RunService/AttachEvidence", messages=[attach]),
        Sent(method="/autopack.store.v1.BaselineService/FindBaseline", messages=[find]),
        Sent(method="/autopack.store.v1.BaselineService/ListRetries", messages=[retries]),
    ]


def _changed(files: ChangedFiles) -> list[Message]:
    changed = run_service_pb2.RecordChangedFilesRequest
    start = run_service_pb2.RecordChangedFilesStart(
        request_id=new_request_id(),
        attempt=attempt_ref_to_wire(REF),
        changed_files_digest=changed_files_digest(files),
    )
    return [changed(start=start), *(changed(chunk=chunk) for chunk in changed_files_chunks(files))]


def _uploads() -> list[Sent]:
    evidence = evidence_service_pb2.UploadEvidenceRequest
    opening = evidence_service_pb2.UploadEvidenceStart(
        request_id=new_request_id(),
        evidence_digest=DIGEST,
        kept_chunks=0,
        test_set_digest=None,
        attempt_side=evidence_service_pb2.AttemptSide(
            attempt=attempt_ref_to_wire(REF), side=side_to_wire(Side.HEAD), retry=1
        ),
        baseline_key=None,
        replaces_baseline=False,
    )
    naming = evidence_service_pb2.UploadEvidenceStart(
        request_id=new_request_id(),
        evidence_digest=DIGEST,
        kept_chunks=None,
        test_set_digest=DIGEST,
        attempt_side=None,
        baseline_key=None,
        replaces_baseline=False,
    )
    return [
        Sent(
            method="/autopack.store.v1.RunService/RecordChangedFiles",
            messages=_changed(FILES),
        ),
        Sent(
            method="/autopack.store.v1.RunService/RecordChangedFiles",
            messages=_changed(UNKNOWN),
        ),
        Sent(
            method="/autopack.store.v1.EvidenceService/UploadEvidence",
            messages=[evidence(start=opening), *(evidence(chunk=chunk) for chunk in evidence_chunks(EVIDENCE))],
        ),
        Sent(method="/autopack.store.v1.EvidenceService/UploadEvidence", messages=[evidence(start=naming)]),
        _decision(),
        _auditor_result(),
        _builder_result(),
    ]


def _decision() -> Sent:
    decision = make_decision(EVIDENCE, EVIDENCE)
    warning = Reason(code=Condition.ZERO_TESTS_ON_BASE, effect=Effect.WARN, subjects=("a", "b"), message="none")
    retry = RetryAssessment(evidence_digest=DIGEST, facts_digest=facts_digest(EVIDENCE), incomplete_reason=None)
    head = replace(decision.head, retries=(retry,))
    decision = replace(
        decision,
        reasons=(*decision.reasons, warning),
        head=head,
        policy_digest=policy_digest(SATURATED_TERMS.policy),
        waivers_digest=waivers_digest(SATURATED_TERMS.waivers),
    )
    part = decision_service_pb2.RecordDecisionRequest
    start = decision_service_pb2.RecordDecisionStart(
        request_id=new_request_id(),
        attempt=attempt_ref_to_wire(REF),
        decision_digest=decision_digest(decision),
        conclude=False,
        terms=terms_to_wire(SATURATED_TERMS),
    )
    return Sent(
        method="/autopack.store.v1.DecisionService/RecordDecision",
        messages=[part(start=start), *(part(chunk=chunk) for chunk in decision_chunks(decision))],
    )


def _afterwards() -> list[Sent]:
    decision = replace(
        make_decision(EVIDENCE, EVIDENCE),
        policy_digest=policy_digest(SATURATED_TERMS.policy),
        waivers_digest=waivers_digest(SATURATED_TERMS.waivers),
    )
    part = decision_service_pb2.RecordFurtherDecisionRequest
    start = decision_service_pb2.RecordFurtherDecisionStart(
        request_id=new_request_id(),
        attempt=attempt_ref_to_wire(REF),
        decision_digest=decision_digest(decision),
        terms=terms_to_wire(SATURATED_TERMS),
        name="operator",
    )
    approval = decision_service_pb2.RecordApprovalRequest(
        request_id=new_request_id(),
        attempt=attempt_ref_to_wire(REF),
        decision_digest=DIGEST,
        answer=answer_to_wire(Answer.APPROVED),
        name="owner",
        reason="looked at",
    )
    service = "/autopack.store.v1.DecisionService/"
    return [
        Sent(
            method=f"{service}RecordFurtherDecision",
            messages=[part(start=start), *(part(chunk=chunk) for chunk in decision_chunks(decision))],
        ),
        Sent(method=f"{service}RecordApproval", messages=[approval]),
    ]


def decide_anew_request() -> gatekeeper_service_pb2.DecideAnewRequest:
    """A request to decide an attempt anew."""
    return gatekeeper_service_pb2.DecideAnewRequest(
        request_id=new_request_id(),
        attempt=attempt_ref_to_wire(REF),
        waivers=[waiver_to_wire(waiver) for waiver in SATURATED_TERMS.waivers],
        day="2030-01-01",
        name="operator",
    )


def _auditor_result() -> Sent:
    patch = SuggestedPatch(description="rename it", patch=PATCH, files_affected=("src/app.py", "src/zoo.py"))
    result = replace(make_auditor_result(REF), suggested_patches=(patch,))
    part = result_service_pb2.RecordAuditorResultRequest
    start = result_service_pb2.RecordAuditorResultStart(
        request_id=new_request_id(), attempt=attempt_ref_to_wire(REF), result_digest=auditor_result_digest(result)
    )
    return Sent(
        method="/autopack.store.v1.ResultService/RecordAuditorResult",
        messages=[part(start=start), *(part(chunk=chunk) for chunk in auditor_result_chunks(result))],
    )


def _builder_result() -> Sent:
    result = make_builder_result(REF)
    part = result_service_pb2.RecordBuilderResultRequest
    start = result_service_pb2.RecordBuilderResultStart(
        request_id=new_request_id(), attempt=attempt_ref_to_wire(REF), result_digest=builder_result_digest(result)
    )
    return Sent(
        method="/autopack.store.v1.ResultService/RecordBuilderResult",
        messages=[part(start=start), *(part(chunk=chunk) for chunk in builder_result_chunks(result))],
    )


def _runs() -> list[Sent]:
    attempt = attempt_ref_to_wire(REF)
    spec = replace(make_spec(), setup="make", run_type=RunType.REPAIR, allowed_paths=("docs", "src"))
    spec = replace(spec, patch_fixes=(PatchFix.LAST_NEWLINE, PatchFix.HUNK_COUNTS))
    service = "/autopack.store.v1.RunService/"
    create = run_service_pb2.CreateRunRequest(request_id=new_request_id(), spec=run_spec_to_wire(spec), attempt=attempt)
    advance = run_service_pb2.AdvanceAttemptRequest(
        request_id=new_request_id(), attempt=attempt, state=run_pb2.ATTEMPT_STATE_TESTING
    )
    conclude = run_service_pb2.ConcludeAttemptRequest(
        request_id=new_request_id(), attempt=attempt, state=run_pb2.ATTEMPT_STATE_ALLOWED
    )
    finish = run_service_pb2.FinishRunRequest(
        request_id=new_request_id(),
        run_id=REF.run_id,
        state=run_state_to_wire(RunState.FAILED),
        failure=run_failure_to_wire(RunFailure(code="CODE", message="why")),
    )
    return [
        Sent(method=f"{service}CreateRun", messages=[create]),
        Sent(method=f"{service}AdvanceAttempt", messages=[advance]),
        Sent(method=f"{service}ConcludeAttempt", messages=[conclude]),
        Sent(method=f"{service}FinishRun", messages=[finish]),
    ]


def _readings() -> list[Sent]:
    attempt = attempt_ref_to_wire(REF)
    runs, results = "/autopack.store.v1.RunService/", "/autopack.store.v1.ResultService/"
    only = RunFilter(repository="/repository", verdict=Verdict.BLOCK, created_from_ms=1, created_before_ms=2)
    page = Page.of(1, "", only)
    token = page.token_after(Position(created_at_ms=1, run_id=REF.run_id))
    listing = run_service_pb2.ListRunsRequest(
        page_size=page.size,
        page_token=token,
        repository=only.repository,
        verdict=verdict_to_wire(Verdict.BLOCK),
        created_from_ms=only.created_from_ms,
        created_before_ms=only.created_before_ms,
    )
    history = history_service_pb2.ListTestHistoryRequest(
        page_size=1,
        page_token=TokenForm.of("history", "/repository", "test", Side.HEAD).write(1),
        repository="/repository",
        test_id="test",
        side=side_to_wire(Side.HEAD),
    )
    upload = evidence_service_pb2.GetUploadRequest(request_id=new_request_id(), evidence_digest=DIGEST)
    test_set = evidence_service_pb2.FindTestSetRequest(test_set_digest=DIGEST)
    evidence = evidence_service_pb2.DownloadEvidenceRequest(evidence_digest=DIGEST)
    return [
        Sent(method=f"{runs}GetRun", messages=[run_service_pb2.GetRunRequest(run_id=REF.run_id)]),
        Sent(method=f"{runs}ListRuns", messages=[listing]),
        Sent(method=f"{runs}GetChangedFiles", messages=[run_service_pb2.GetChangedFilesRequest(attempt=attempt)]),
        Sent(method="/autopack.store.v1.HistoryService/ListTestHistory", messages=[history]),
        Sent(method="/autopack.store.v1.EvidenceService/GetUpload", messages=[upload]),
        Sent(method="/autopack.store.v1.EvidenceService/FindTestSet", messages=[test_set]),
        Sent(method="/autopack.store.v1.EvidenceService/DownloadEvidence", messages=[evidence]),
        Sent(
            method="/autopack.store.v1.DecisionService/GetDecision",
            messages=[decision_service_pb2.GetDecisionRequest(attempt=attempt, number=0)],
        ),
        Sent(
            method="/autopack.store.v1.DecisionService/GetTerms",
            messages=[decision_service_pb2.GetTermsRequest(attempt=attempt, number=0)],
        ),
        Sent(
            method=f"{results}GetBuilderResult",
            messages=[result_service_pb2.GetBuilderResultRequest(attempt=attempt)],
        ),
        Sent(
            method=f"{results}GetAuditorResult",
            messages=[result_service_pb2.GetAuditorResultRequest(attempt=attempt)],
        ),
    ]
