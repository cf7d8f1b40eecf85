"""Builder results on the wire: the result first, then its lists in chunks."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from autopack.results.v1 import builder_result_pb2, changed_files_pb2, run_pb2
from autopack_model.builder_result.value import (
    MAX_PATCH_BYTES,
    MAX_PROBES,
    BuilderResult,
    BuilderStatus,
    Probe,
    ProbeType,
    RecordedBuilderResult,
    StopReason,
)
from autopack_model.changed_files.wire import changed_files_chunks, changed_files_from_chunks
from autopack_model.errors import InvalidValue, within
from autopack_model.fields import byte_batches, given, read_enum, require
from autopack_model.identity.wire import attempt_ref_from_wire, attempt_ref_to_wire
from autopack_model.issue.value import Issue
from autopack_model.issue.wire import add_issues, issue_batches
from autopack_model.run.value import RunType
from autopack_model.text import check_count
from autopack_model.token_usage.wire import token_usage_from_wire, token_usage_to_wire

if TYPE_CHECKING:  # a value that a contract gains is an error here, one that it loses is one where it is written
    _status: builder_result_pb2.BuilderStatus.Members = BuilderStatus
    _stop_reason: builder_result_pb2.StopReason.Members = StopReason
    _probe_type: builder_result_pb2.ProbeType.Members = ProbeType

_Chunk = builder_result_pb2.BuilderResultChunk


def builder_result_chunks(result: BuilderResult) -> Iterator[builder_result_pb2.BuilderResultChunk]:
    """The builder result in chunks under 1 MiB: the result, patch, changed files, probes, suggested issues."""
    yield _Chunk(result=_result_to_wire(result))
    for piece in byte_batches(result.patch):
        yield _Chunk(patch=piece)
    for files in changed_files_chunks(result.changed_files):
        yield _Chunk(changed_files=files)
    for probe in result.probes:
        yield _Chunk(probe=_probe_to_wire(probe))
    for issues in issue_batches(result.suggested_issues):
        yield _Chunk(suggested_issues=issues)


def builder_result_from_chunks(chunks: Iterable[builder_result_pb2.BuilderResultChunk]) -> BuilderResult:
    """Put a builder result together again. Raises InvalidValue for missing, doubled or contradicting parts."""
    header: builder_result_pb2.BuilderResult | None = None
    patch = bytearray()
    files: list[changed_files_pb2.ChangedFilesChunk] = []
    probes: list[Probe] = []
    issues: list[Issue] = []
    for chunk in chunks:
        part = chunk.WhichOneof("part")
        if (header is None) != (part == "result"):
            raise InvalidValue("chunk", "the result must come first and once")
        match part:
            case "result":
                header = chunk.result
            case "patch":
                patch += chunk.patch
                if len(patch) > MAX_PATCH_BYTES:
                    raise InvalidValue("patch", f"has more than the {MAX_PATCH_BYTES} bytes that are allowed")
            case "changed_files":
                files.append(chunk.changed_files)
            case "probe":
                with within(f"probes[{len(probes)}]"):
                    probes.append(_probe_from_wire(chunk.probe))
                check_count(probes, "probes", most=MAX_PROBES)
            case "suggested_issues":
                add_issues(issues, chunk.suggested_issues, "suggested_issues")
            case None:
                raise InvalidValue("chunk.part", "is not given")
    if header is None:
        raise InvalidValue("chunk", "there is none; expected at least the result")
    return _result_from_wire(header, bytes(patch), files, tuple(probes), tuple(issues))


def builder_record_to_wire(recorded: RecordedBuilderResult) -> builder_result_pb2.BuilderResultRecord:
    """The message of what the store adds to a builder result."""
    return builder_result_pb2.BuilderResultRecord(
        result_digest=recorded.result_digest,
        run_type=run_pb2.RunType.ValueType(recorded.run_type.value),
        allowed_paths=recorded.allowed_paths,
        recorded_at_ms=recorded.recorded_at_ms,
    )


def recorded_builder_result_from_wire(
    record: builder_result_pb2.BuilderResultRecord, chunks: Iterable[builder_result_pb2.BuilderResultChunk]
) -> RecordedBuilderResult:
    """The builder result with what the store added to it. Raises InvalidValue."""
    return RecordedBuilderResult(
        result=builder_result_from_chunks(chunks),
        result_digest=record.result_digest,
        run_type=read_enum(RunType, record.run_type, "record.run_type"),
        allowed_paths=tuple(record.allowed_paths),
        recorded_at_ms=record.recorded_at_ms,
    )


def _result_to_wire(result: BuilderResult) -> builder_result_pb2.BuilderResult:
    stop = result.stop_reason
    return builder_result_pb2.BuilderResult(
        attempt=attempt_ref_to_wire(result.attempt),
        status=builder_result_pb2.BuilderStatus.ValueType(result.status.value),
        lines_added=result.lines_added,
        lines_removed=result.lines_removed,
        builder_attempts=result.builder_attempts,
        tokens=None if result.tokens is None else token_usage_to_wire(result.tokens),
        duration_ms=result.duration_ms,
        model=result.model,
        stop_reason=None if stop is None else builder_result_pb2.StopReason.ValueType(stop.value),
        truncated=result.truncated,
        notes=result.notes,
    )


def _result_from_wire(
    message: builder_result_pb2.BuilderResult,
    patch: bytes,
    files: list[changed_files_pb2.ChangedFilesChunk],
    probes: tuple[Probe, ...],
    issues: tuple[Issue, ...],
) -> BuilderResult:
    require(message, "attempt", "result.attempt")
    if not files:
        raise InvalidValue("changed_files", "are not given; say EMPTY when nothing was changed, UNKNOWN when unknown")
    return BuilderResult(
        attempt=attempt_ref_from_wire(message.attempt),
        status=read_enum(BuilderStatus, message.status, "result.status"),
        patch=patch,
        changed_files=changed_files_from_chunks(files),
        lines_added=given(message.HasField("lines_added"), message.lines_added),
        lines_removed=given(message.HasField("lines_removed"), message.lines_removed),
        builder_attempts=given(message.HasField("builder_attempts"), message.builder_attempts),
        tokens=given(message.HasField("tokens"), message.tokens, token_usage_from_wire),
        duration_ms=given(message.HasField("duration_ms"), message.duration_ms),
        model=given(message.HasField("model"), message.model),
        stop_reason=given(
            message.HasField("stop_reason"),
            message.stop_reason,
            lambda number: read_enum(StopReason, number, "result.stop_reason"),
        ),
        truncated=given(message.HasField("truncated"), message.truncated),
        notes=message.notes,
        probes=probes,
        suggested_issues=issues,
    )


def _probe_to_wire(probe: Probe) -> builder_result_pb2.Probe:
    return builder_result_pb2.Probe(
        type=builder_result_pb2.ProbeType.ValueType(probe.type.value),
        exit_code=probe.exit_code,
        stdout=probe.stdout,
        stderr=probe.stderr,
        duration_ms=probe.duration_ms,
    )


def _probe_from_wire(message: builder_result_pb2.Probe) -> Probe:
    return Probe(
        type=read_enum(ProbeType, message.type, "type"),
        exit_code=message.exit_code,
        stdout=given(message.HasField("stdout"), message.stdout),
        stderr=given(message.HasField("stderr"), message.stderr),
        duration_ms=given(message.HasField("duration_ms"), message.duration_ms),
    )
