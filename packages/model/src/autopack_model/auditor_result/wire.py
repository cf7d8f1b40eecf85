"""Auditor results on the wire: the result first, then its lists in chunks."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from autopack.results.v1 import auditor_result_pb2
from autopack_model.auditor_result.value import (
    MAX_PATCHES,
    AuditorResult,
    Confidence,
    Recommendation,
    RecordedAuditorResult,
    SuggestedPatch,
)
from autopack_model.errors import InvalidValue, within
from autopack_model.fields import given, read_enum, require
from autopack_model.identity.wire import attempt_ref_from_wire, attempt_ref_to_wire
from autopack_model.issue.value import Issue
from autopack_model.issue.wire import add_issues, issue_batches
from autopack_model.text import check_count
from autopack_model.token_usage.wire import token_usage_from_wire, token_usage_to_wire

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _recommendation: auditor_result_pb2.Recommendation.Members = Recommendation
    _confidence: auditor_result_pb2.Confidence.Members = Confidence

_Chunk = auditor_result_pb2.AuditorResultChunk


def recommendation_to_wire(recommendation: Recommendation) -> auditor_result_pb2.Recommendation.ValueType:
    """The number of ``recommendation``."""
    return auditor_result_pb2.Recommendation.ValueType(recommendation.value)


def recommendation_from_wire(number: int, path: str) -> Recommendation:
    """The recommendation with ``number``. Raises InvalidValue."""
    return read_enum(Recommendation, number, path)


def auditor_result_chunks(result: AuditorResult) -> Iterator[auditor_result_pb2.AuditorResultChunk]:
    """The auditor result in chunks under 1 MiB: the result, issues found, suggested patches."""
    confidence = result.confidence
    yield _Chunk(
        result=auditor_result_pb2.AuditorResult(
            attempt=attempt_ref_to_wire(result.attempt),
            recommendation=recommendation_to_wire(result.recommendation),
            confidence=None if confidence is None else auditor_result_pb2.Confidence.ValueType(confidence.value),
            review_notes=result.review_notes,
            auditor_attempts=result.auditor_attempts,
            tokens=None if result.tokens is None else token_usage_to_wire(result.tokens),
        )
    )
    for issues in issue_batches(result.issues_found):
        yield _Chunk(issues_found=issues)
    for patch in result.suggested_patches:
        yield _Chunk(
            suggested_patch=auditor_result_pb2.SuggestedPatch(
                description=patch.description, patch=patch.patch, files_affected=patch.files_affected
            )
        )


def auditor_result_from_chunks(chunks: Iterable[auditor_result_pb2.AuditorResultChunk]) -> AuditorResult:
    """Put an auditor result together again. Raises InvalidValue for missing, doubled or contradicting parts."""
    header: auditor_result_pb2.AuditorResult | None = None
    issues: list[Issue] = []
    patches: list[SuggestedPatch] = []
    for chunk in chunks:
        part = chunk.WhichOneof("part")
        if (header is None) != (part == "result"):
            raise InvalidValue("chunk", "the result must come first and once")
        match part:
            case "result":
                header = chunk.result
            case "issues_found":
                add_issues(issues, chunk.issues_found, "issues_found")
            case "suggested_patch":
                with within(f"suggested_patches[{len(patches)}]"):
                    patches.append(_patch_from_wire(chunk.suggested_patch))
                check_count(patches, "suggested_patches", most=MAX_PATCHES)
            case None:
                raise InvalidValue("chunk.part", "is not given")
    if header is None:
        raise InvalidValue("chunk", "there is none; expected at least the result")
    return _result_from_wire(header, tuple(issues), tuple(patches))


def auditor_record_to_wire(recorded: RecordedAuditorResult) -> auditor_result_pb2.AuditorResultRecord:
    """The message of what the store adds to an auditor result."""
    return auditor_result_pb2.AuditorResultRecord(
        result_digest=recorded.result_digest, recorded_at_ms=recorded.recorded_at_ms
    )


def recorded_auditor_result_from_wire(
    record: auditor_result_pb2.AuditorResultRecord, chunks: Iterable[auditor_result_pb2.AuditorResultChunk]
) -> RecordedAuditorResult:
    """The auditor result with what the store added to it. Raises InvalidValue."""
    return RecordedAuditorResult(
        result=auditor_result_from_chunks(chunks),
        result_digest=record.result_digest,
        recorded_at_ms=record.recorded_at_ms,
    )


def _result_from_wire(
    message: auditor_result_pb2.AuditorResult, issues: tuple[Issue, ...], patches: tuple[SuggestedPatch, ...]
) -> AuditorResult:
    require(message, "attempt", "result.attempt")
    return AuditorResult(
        attempt=attempt_ref_from_wire(message.attempt),
        recommendation=recommendation_from_wire(message.recommendation, "result.recommendation"),
        confidence=given(
            message.HasField("confidence"),
            message.confidence,
            lambda number: read_enum(Confidence, number, "result.confidence"),
        ),
        review_notes=message.review_notes,
        issues_found=issues,
        suggested_patches=patches,
        auditor_attempts=given(message.HasField("auditor_attempts"), message.auditor_attempts),
        tokens=given(message.HasField("tokens"), message.tokens, token_usage_from_wire),
    )


def _patch_from_wire(message: auditor_result_pb2.SuggestedPatch) -> SuggestedPatch:
    return SuggestedPatch(
        description=message.description, patch=message.patch, files_affected=tuple(message.files_affected)
    )
