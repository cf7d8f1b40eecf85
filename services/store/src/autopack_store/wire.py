"""The only place where ``autopack.store.v1`` messages become domain values. Shared nouns: ``autopack_results.wire``.

Every reader validates, and raises InvalidValue with the path of the field that it refuses.
"""

from collections.abc import Iterator
from typing import Literal, Protocol, TypeVar

from autopack.results.v1 import suite_run_pb2
from autopack.store.v1 import run_service_pb2
from autopack_results.errors import InvalidValue
from autopack_results.run import RunState
from autopack_results.suite_run import BaselineKey
from autopack_results.wire.fields import given, read_enum
from autopack_results.wire.run import run_failure_from_wire
from autopack_results.wire.suite_run import baseline_key_from_wire
from autopack_store.domain.ending import Ending

MAX_RECORDER_VERSION = 64

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


def ending_from_wire(message: run_service_pb2.FinishRunRequest) -> Ending:
    """How a run ends. Raises InvalidValue."""
    return Ending(
        state=read_enum(RunState, message.state, "state"),
        failure=given(message.HasField("failure"), message.failure, run_failure_from_wire),
    )


def key_from_wire(message: suite_run_pb2.BaselineKey) -> BaselineKey:
    """The baseline's key. Raises InvalidValue."""
    key = baseline_key_from_wire(message)
    if not 1 <= len(key.recorder_version) <= MAX_RECORDER_VERSION or not key.recorder_version.isprintable():
        raise InvalidValue("key.recorder_version", f"is not 1 to {MAX_RECORDER_VERSION} printable characters")
    return key
