"""Answers that hold a record first, and then what was recorded in chunks."""

from collections.abc import Iterator
from typing import Literal, Protocol, TypeVar

from autopack_model.errors import InvalidValue

RecordT_co = TypeVar("RecordT_co", covariant=True)
ChunkT_co = TypeVar("ChunkT_co", covariant=True)


class Answer(Protocol[RecordT_co, ChunkT_co]):
    """One message of such an answer: the record, or a chunk."""

    @property
    def record(self) -> RecordT_co:
        """The record; meaningful when ``part`` is it."""

    @property
    def chunk(self) -> ChunkT_co:
        """The chunk; meaningful when ``part`` is it."""

    def WhichOneof(self, oneof_group: Literal["part"]) -> Literal["record", "chunk"] | None:
        """Which one it is."""


def recorded(answers: Iterator[Answer[RecordT_co, ChunkT_co]]) -> tuple[RecordT_co, Iterator[ChunkT_co]]:
    """The record, and the chunks as they come.

    Raises InvalidValue when the record does not come first and once, and for a message without a part.
    """
    first = next(answers, None)
    if first is None or first.WhichOneof("part") != "record":
        raise InvalidValue("part", "the record must come first")
    return first.record, _chunks(answers)


def _chunks(answers: Iterator[Answer[RecordT_co, ChunkT_co]]) -> Iterator[ChunkT_co]:
    for answer in answers:
        if answer.WhichOneof("part") != "chunk":
            raise InvalidValue("part", "expected a chunk: the record comes once, then chunks alone")
        yield answer.chunk
