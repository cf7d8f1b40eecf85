"""Streams that begin with one message and go on with chunks: uploads with a start, answers with a record."""

from collections.abc import Iterator
from typing import Literal, Protocol, TypeVar

from autopack_model.errors import InvalidValue

MAX_CHUNK_BYTES = 1024 * 1024

StartT_co = TypeVar("StartT_co", covariant=True)
RecordT_co = TypeVar("RecordT_co", covariant=True)
ChunkT_co = TypeVar("ChunkT_co", covariant=True)


class UploadPart(Protocol[StartT_co, ChunkT_co]):
    """One message of an upload: a start, or a chunk. Each is meaningful when ``WhichOneof`` names it."""

    @property
    def start(self) -> StartT_co:
        """The start."""

    @property
    def chunk(self) -> ChunkT_co:
        """The chunk."""

    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["start", "chunk", "end"] | None:
        """Which one it is."""


class AnswerPart(Protocol[RecordT_co, ChunkT_co]):
    """One message of an answer: a record, or a chunk. Each is meaningful when ``WhichOneof`` names it."""

    @property
    def record(self) -> RecordT_co:
        """The record."""

    @property
    def chunk(self) -> ChunkT_co:
        """The chunk."""

    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["record", "chunk"] | None:
        """Which one it is."""


def opened(parts: Iterator[UploadPart[StartT_co, ChunkT_co]]) -> tuple[StartT_co, Iterator[ChunkT_co]]:
    """The start of an upload, and its chunks as they come.

    Raises InvalidValue when the start does not come first and once, and for a message without a part.
    """
    first = next(parts, None)
    if first is None or first.WhichOneof("part") != "start":
        raise InvalidValue("start", "is not given; an upload begins with it")
    return first.start, (_chunk(part, part.WhichOneof("part")) for part in parts)


def recorded(answers: Iterator[AnswerPart[RecordT_co, ChunkT_co]]) -> tuple[RecordT_co, Iterator[ChunkT_co]]:
    """The record of an answer, and its chunks as they come.

    Raises InvalidValue when the record does not come first and once, and for a message without a part.
    """
    first = next(answers, None)
    if first is None or first.WhichOneof("part") != "record":
        raise InvalidValue("record", "is not given; an answer begins with it")
    return first.record, (_chunk(answer, answer.WhichOneof("part")) for answer in answers)


def bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks of a file as they come. Raises InvalidValue for one that is empty or has more than MAX_CHUNK_BYTES."""
    for chunk in chunks:
        if not 0 < len(chunk) <= MAX_CHUNK_BYTES:
            raise InvalidValue("chunk", f"has {len(chunk)} bytes; expected 1 to {MAX_CHUNK_BYTES}")
        yield chunk


class _Chunked(Protocol[ChunkT_co]):
    @property
    def chunk(self) -> ChunkT_co: ...


def _chunk(message: _Chunked[ChunkT_co], part: str | None) -> ChunkT_co:
    if part != "chunk":
        raise InvalidValue("part", f"is {part or 'not given'}; after the first message only chunks follow")
    return message.chunk
