"""Auditor results of the contract, through a real store and back."""

from dataclasses import replace

import grpc
import pytest

from autopack.results.v1 import auditor_result_pb2
from autopack.store.v1 import result_service_pb2, result_service_pb2_grpc
from autopack_clients.errors import ResultRefused, StoreNotFound
from autopack_model.auditor_result.document import auditor_result_digest
from autopack_model.auditor_result.value import AuditorResult, Confidence, Recommendation, SuggestedPatch
from autopack_model.auditor_result.wire import auditor_result_chunks
from autopack_model.decision.value import Severity
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role
from tests.contract.store_server import TOKENS, StoreServer
from tests.fakes.results import PATCH, make_auditor_result, make_issue

RECOMMENDATION_TAG = auditor_result_pb2.AuditorResult.RECOMMENDATION_FIELD_NUMBER << 3
"""What stands before the recommendation's number on the wire."""


def _minimal(attempt: AttemptRef) -> AuditorResult:
    return AuditorResult(
        attempt=attempt,
        recommendation=Recommendation.APPROVE,
        confidence=None,
        review_notes="",
        issues_found=(),
        suggested_patches=(),
        auditor_attempts=1,
        tokens=None,
    )


def _there_and_back(store: StoreServer, result: AuditorResult) -> AuditorResult:
    assert auditor_result_digest(result) == store.results.record_auditor_result(result)
    recorded = store.results.auditor_result(result.attempt)
    assert auditor_result_digest(result) == recorded.result_digest
    return recorded.result


def test_minimal(store: StoreServer) -> None:
    """A result with nothing but a recommendation is read back equal: what was not said stays unsaid."""
    result = _minimal(store.start_decided_run())

    assert result == _there_and_back(store, result)


def test_full(store: StoreServer) -> None:
    """A result in which every field is filled is read back equal."""
    result = make_auditor_result(store.start_decided_run())

    assert result == _there_and_back(store, result)


def test_success_is_no_field_of_it() -> None:
    """There is no `success` that could be missing: the recommendation says it all."""
    assert "success" not in auditor_result_pb2.AuditorResult.DESCRIPTOR.fields_by_name


@pytest.mark.parametrize("recommendation", list(Recommendation))
def test_all_three_recommendations(store: StoreServer, recommendation: Recommendation) -> None:
    """Each recommendation is read back as itself."""
    result = make_auditor_result(store.start_decided_run(), recommendation=recommendation)

    assert recommendation is _there_and_back(store, result).recommendation


@pytest.mark.parametrize("number", [0, 4])
def test_a_fourth_recommendation_is_refused(store: StoreServer, number: int) -> None:
    """A recommendation that is not given, or is none of the three, is refused and never becomes a default."""
    result = make_auditor_result(store.start_decided_run())
    chunks = list(auditor_result_chunks(result))
    chunks[0].result.MergeFromString(bytes([RECOMMENDATION_TAG, number]))
    start = result_service_pb2.RecordAuditorResultStart(
        request_id=f"raw-{result.attempt.run_id}",
        attempt=attempt_ref_to_wire(result.attempt),
        result_digest=auditor_result_digest(result),
    )
    requests = [
        result_service_pb2.RecordAuditorResultRequest(start=start),
        *(result_service_pb2.RecordAuditorResultRequest(chunk=chunk) for chunk in chunks),
    ]

    with (
        channel(store.address, token=TOKENS.of(Role.EXECUTOR)) as opened,
        pytest.raises(RemoteError) as caught,
        remote_errors(),
    ):
        result_service_pb2_grpc.ResultServiceStub(opened).RecordAuditorResult(iter(requests))
    assert grpc.StatusCode.INVALID_ARGUMENT is caught.value.code
    assert ["result.recommendation"] == list(caught.value.violations)
    with pytest.raises(StoreNotFound):
        store.results.auditor_result(result.attempt)


@pytest.mark.parametrize("confidence", [*Confidence, None])
def test_confidence(store: StoreServer, confidence: Confidence | None) -> None:
    """Each confidence is read back as itself, and none as none."""
    result = replace(make_auditor_result(store.start_decided_run()), confidence=confidence)

    assert confidence is _there_and_back(store, result).confidence


def test_suggested_patches(store: StoreServer) -> None:
    """Suggested patches keep their order, description, bytes and files."""
    patches = (
        SuggestedPatch(description="later name first\n", patch=PATCH, files_affected=("docs/b.md", "src/app.py")),
        SuggestedPatch(description="", patch=b"\xff" * 512 * 1024, files_affected=()),
    )
    result = replace(make_auditor_result(store.start_decided_run()), suggested_patches=patches)

    assert patches == _there_and_back(store, result).suggested_patches


def test_approval_beside_a_critical_issue_has_no_value() -> None:
    """An approval that contradicts what was found cannot even be made; the field is named."""
    issue = make_issue(severity=Severity.CRITICAL)

    with pytest.raises(InvalidValue) as caught:
        replace(make_auditor_result(recommendation=Recommendation.APPROVE), issues_found=(issue,))
    assert "recommendation" == caught.value.path
    assert (issue,) == replace(
        make_auditor_result(recommendation=Recommendation.REVISE), issues_found=(issue,)
    ).issues_found


def test_an_auditor_comes_after_the_decision(store: StoreServer) -> None:
    """A result for an attempt that is not decided is refused."""
    with pytest.raises(ResultRefused):
        store.results.record_auditor_result(make_auditor_result(store.start_run()))
