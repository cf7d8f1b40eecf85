"""The only place where ``autopack.store.v1`` messages become domain values. Shared nouns: ``autopack_model``.

Every reader validates, and raises InvalidValue with the path of the field that it refuses.
"""

from collections.abc import Iterator
from typing import Literal, Protocol, TypeVar

from autopack.results.v1 import outcome_pb2, suite_run_pb2
from autopack.store.v1 import evidence_service_pb2, history_service_pb2, run_service_pb2
from autopack_model.baseline.value import BaselineKey
from autopack_model.baseline.wire import baseline_key_from_wire
from autopack_model.decision.value import Verdict
from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.evidence.outcome import TestState
from autopack_model.fields import given, read_enum
from autopack_model.identity.wire import attempt_ref_to_wire, side_to_wire
from autopack_model.run.value import RunState
from autopack_model.run.wire import run_failure_from_wire
from autopack_model.suite_run.value import CollectorState
from autopack_store.domain.ending import Ending
from autopack_store.domain.history import History, HistoryEntry
from autopack_store.domain.page import RunFilter

MAX_RECORDER_VERSION = 64
MAX_CHUNKS = 1_000_000

StartT_co = TypeVar("StartT_co", covariant=True)
ChunkT_co = TypeVar("ChunkT_co", covariant=True)


class Part(Protocol[StartT_co, ChunkT_co]):
    """One message of an upload: a start, or a chunk."""

    @property
    def start(self) -> StartT_co:
        """The start; meaningful when ``part`` is it."""

    @property
    def chunk(self) -> ChunkT_co:
        """The chunk; meaningful when ``part`` is it."""

    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["start", "chunk"] | None:
        """Which one it is."""


def opened(parts: Iterator[Part[StartT_co, ChunkT_co]]) -> tuple[StartT_co, Iterator[ChunkT_co]]:
    """The start of an upload, and its chunks as they come.

    Raises InvalidValue when the start does not come first and once, and for a message without a part.
    """
    first = next(parts, None)
    if first is None or first.WhichOneof("part") != "start":
        raise InvalidValue("part", "the start must come first")
    return first.start, _chunks(parts)


def _chunks(parts: Iterator[Part[StartT_co, ChunkT_co]]) -> Iterator[ChunkT_co]:
    for part in parts:
        if part.WhichOneof("part") != "chunk":
            raise InvalidValue("part", "expected a chunk: the start comes once, then chunks alone")
        yield part.chunk


def kept_chunks_from_wire(message: evidence_service_pb2.UploadEvidenceStart) -> int:
    """How many chunks an upload leaves out. Raises InvalidValue."""
    kept = given(message.HasField("kept_chunks"), message.kept_chunks) or 0
    if kept > MAX_CHUNKS:
        raise InvalidValue("start.kept_chunks", f"{kept} is more than {MAX_CHUNKS}, which no upload has")
    return kept


def named_test_set_from_wire(message: evidence_service_pb2.UploadEvidenceStart) -> str | None:
    """The digest of the test ids that an upload leaves out, if it does. Raises InvalidValue."""
    digest = given(message.HasField("test_set_digest"), message.test_set_digest)
    return None if digest is None else check_digest(digest, "start.test_set_digest")


def ending_from_wire(message: run_service_pb2.FinishRunRequest) -> Ending:
    """How a run ends. Raises InvalidValue."""
    return Ending(
        state=read_enum(RunState, message.state, "state"),
        failure=given(message.HasField("failure"), message.failure, run_failure_from_wire),
    )


def run_filter_from_wire(message: run_service_pb2.ListRunsRequest) -> RunFilter:
    """Which runs are to be listed. Raises InvalidValue."""
    return RunFilter(
        repository=message.repository,
        verdict=given(
            message.HasField("verdict"), message.verdict, lambda number: read_enum(Verdict, number, "verdict")
        ),
        created_from_ms=given(message.HasField("created_from_ms"), message.created_from_ms),
        created_before_ms=given(message.HasField("created_before_ms"), message.created_before_ms),
    )


def history_to_wire(history: History) -> history_service_pb2.ListTestHistoryResponse:
    """The message of a history."""
    return history_service_pb2.ListTestHistoryResponse(
        entries=map(_entry_to_wire, history.entries),
        next_page_token=history.next_page_token,
        conclusive=history.conclusive,
        flaky=history.flaky,
        bad_since=None if history.bad_since is None else _entry_to_wire(history.bad_since),
        first_bad=None if history.first_bad is None else _entry_to_wire(history.first_bad),
    )


def _entry_to_wire(entry: HistoryEntry) -> history_service_pb2.TestHistoryEntry:
    message = history_service_pb2.TestHistoryEntry(
        attempt=attempt_ref_to_wire(entry.attempt),
        side=side_to_wire(entry.side),
        evidence_digest=entry.evidence_digest,
        created_at_ms=entry.created_at_ms,
    )
    match entry.outcome:
        case TestState():
            message.state = outcome_pb2.TestState.ValueType(entry.outcome.value)
        case CollectorState():
            message.collector = suite_run_pb2.CollectorState.ValueType(entry.outcome.value)
    return message


def key_from_wire(message: suite_run_pb2.BaselineKey) -> BaselineKey:
    """The baseline's key. Raises InvalidValue."""
    key = baseline_key_from_wire(message)
    if not 1 <= len(key.recorder_version) <= MAX_RECORDER_VERSION or not key.recorder_version.isprintable():
        raise InvalidValue("key.recorder_version", f"is not 1 to {MAX_RECORDER_VERSION} printable characters")
    return key
