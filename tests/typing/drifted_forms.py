"""The old shape, spoken in the new contracts. None of this runs: each line marked must fail to type-check.

mypy reads this file with the rest (``make check ARGS=types``) and reports an ignore that is not needed: a drifted form
that would pass one day is an error that day.
"""

from dataclasses import replace

from autopack.results.v1 import auditor_result_pb2, builder_result_pb2, identity_pb2, issue_pb2
from autopack_model.auditor_result.value import AuditorResult
from autopack_model.builder_result.value import BuilderResult
from autopack_model.issue.value import Issue

ATTEMPT = identity_pb2.AttemptRef(run_id="run", phase="build", attempt=1)
SUCCESS = builder_result_pb2.BUILDER_STATUS_SUCCESS


def whole() -> builder_result_pb2.BuilderResult:
    """As it must be: every field is named, and what is unknown is None."""
    return builder_result_pb2.BuilderResult(
        attempt=ATTEMPT,
        status=SUCCESS,
        lines_added=1,
        lines_removed=None,
        builder_attempts=1,
        tokens=None,
        duration_ms=1,
        model=None,
        stop_reason=None,
        truncated=False,
        notes="",
    )


def fields_of_the_old_shape() -> builder_result_pb2.BuilderResult:
    """A constructor takes no field that the contract does not have."""
    return builder_result_pb2.BuilderResult(  # type: ignore[call-arg]  # output, files_modified, success, metadata
        output="diff --git a/a b/a",
        files_modified=["a"],
        success=True,
        metadata={"tokens_used": 1},
        attempt=ATTEMPT,
        status=SUCCESS,
        lines_added=1,
        lines_removed=None,
        builder_attempts=1,
        tokens=None,
        duration_ms=1,
        model=None,
        stop_reason=None,
        truncated=False,
        notes="",
    )


def values_of_the_wrong_type() -> builder_result_pb2.BuilderResult:
    """A constructor takes no value of another type, and no missing one."""
    return builder_result_pb2.BuilderResult(
        attempt=None,  # type: ignore[arg-type]  # required
        status="SUCCESS",  # type: ignore[arg-type]  # text
        lines_added="1",  # type: ignore[arg-type]  # text
        lines_removed=1.5,  # type: ignore[arg-type]  # a fraction
        builder_attempts=1.5,  # type: ignore[arg-type]  # a fraction
        tokens=1234,  # type: ignore[arg-type]  # a bare total
        duration_ms="12 s",  # type: ignore[arg-type]  # text
        model=b"model",  # type: ignore[arg-type]  # bytes
        stop_reason="end_turn",  # type: ignore[arg-type]  # text
        truncated="no",  # type: ignore[arg-type]  # text
        notes=["note"],  # type: ignore[arg-type]  # a list
    )


def enumerations_of_the_wrong_kind(message: builder_result_pb2.BuilderResult) -> None:
    """A status is a number of its own enumeration, not text, any number, nor another enumeration's."""
    message.status = "SUCCESS"  # type: ignore[assignment]  # text
    message.status = 1  # type: ignore[assignment]  # any number
    message.status = auditor_result_pb2.RECOMMENDATION_APPROVE  # type: ignore[assignment]  # another enumeration
    message.status = builder_result_pb2.BuilderStatus.ValueType(9)  # type: ignore[arg-type]  # no such number


def nothing_but_a_status() -> builder_result_pb2.BuilderResult:
    """A constructor wants every field."""
    return builder_result_pb2.BuilderResult(status=SUCCESS)  # type: ignore[call-arg]  # ten are missing


def fields_written_one_by_one(message: builder_result_pb2.BuilderResult) -> None:
    """No field of the old shape can be set."""
    message.output = ""  # type: ignore[attr-defined]  # it is the chunk's patch
    message.files_modified = []  # type: ignore[attr-defined]  # they are the chunk's changed_files
    message.success = True  # type: ignore[attr-defined]  # it is status
    message.metadata = {}  # type: ignore[attr-defined]  # there is none
    message.tokens_used = 1  # type: ignore[attr-defined]  # it is tokens.total


def fields_read_that_are_not_there(
    message: builder_result_pb2.BuilderResult, chunk: builder_result_pb2.BuilderResultChunk
) -> list[object]:
    """No field can be read that the contract does not have, as the old service did."""
    return [
        message.patch_content,  # type: ignore[attr-defined]  # it is the chunk's patch
        message.files_changed,  # type: ignore[attr-defined]  # they are the chunk's changed_files
        message.success,  # type: ignore[attr-defined]  # it is status
        message.metadata,  # type: ignore[attr-defined]  # there is none
        chunk.output,  # type: ignore[attr-defined]  # it is patch
        message.HasField("success"),  # type: ignore[arg-type]  # no such field
        chunk.WhichOneof("kind"),  # type: ignore[arg-type]  # it is part
    ]


def optional_field_read_unasked(message: builder_result_pb2.BuilderResult) -> str:
    """What may be absent is not read as if it were there: absent is not empty."""
    return message.model  # type: ignore[return-value]  # str | Absent


def auditor_of_the_old_shape(message: auditor_result_pb2.AuditorResult) -> None:
    """The auditor's drifted forms: booleans, lower-case text, other names."""
    message.approved = True  # type: ignore[attr-defined]  # it is recommendation
    message.recommendation = "approve"  # type: ignore[assignment]  # text
    message.recommendation = True  # type: ignore[assignment]  # a boolean
    message.confidence = 0.9  # type: ignore[assignment]  # a fraction
    message.issues_found = []  # type: ignore[attr-defined]  # they travel in chunks
    auditor_result_pb2.SuggestedPatch(
        description="",
        patch="",  # type: ignore[arg-type]  # text: a patch is bytes
        files_affected="a",  # type: ignore[arg-type]  # one path
    )
    auditor_result_pb2.SuggestedPatch(description="", patch=b"", affected_files=[])  # type: ignore[call-arg]  # its name


def issue_of_the_old_shape(message: issue_pb2.Issue) -> None:
    """Severities and categories are no free text."""
    message.severity = "high"  # type: ignore[assignment]  # text
    message.category = "style"  # type: ignore[assignment]  # text
    message.evidence_refs = ["a"]  # type: ignore[assignment, misc]  # it is extended, not set


def domain_values(result: BuilderResult, audit: AuditorResult, issue: Issue) -> list[object]:
    """The domain's values refuse the old shape as the messages do."""
    return [
        replace(result, output=""),  # type: ignore[call-arg]  # it is patch
        replace(result, files_modified=()),  # type: ignore[call-arg]  # they are changed_files
        replace(result, success=True),  # type: ignore[call-arg]  # it is status
        replace(result, metadata={}),  # type: ignore[call-arg]  # there is none
        replace(result, status="SUCCESS"),  # type: ignore[arg-type]  # text
        replace(result, patch="diff"),  # type: ignore[arg-type]  # text: a patch is bytes
        replace(result, changed_files=("a",)),  # type: ignore[arg-type]  # bare names
        replace(result, tokens=1234),  # type: ignore[arg-type]  # a bare total
        replace(audit, approved=True),  # type: ignore[call-arg]  # it is recommendation
        replace(audit, recommendation="approve"),  # type: ignore[arg-type]  # text
        replace(audit, confidence="high"),  # type: ignore[arg-type]  # text
        replace(issue, severity="high"),  # type: ignore[arg-type]  # text
        result.output,  # type: ignore[attr-defined]  # it is patch
        result.success,  # type: ignore[attr-defined]  # it is status
        audit.approved,  # type: ignore[attr-defined]  # it is recommendation
    ]
