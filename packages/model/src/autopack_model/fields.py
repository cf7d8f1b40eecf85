"""Reading enum numbers, required messages and lists off the wire."""

import enum
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, overload

from google.protobuf.message import Message

from autopack.presence import Absent
from autopack_model.errors import InvalidValue

EnumT = TypeVar("EnumT", bound=enum.IntEnum)
ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")
ReadT = TypeVar("ReadT")

CHUNK_BYTES = 512 * 1024
CHUNK_ITEMS = 5000


def read_enum(kind: type[EnumT], number: int, path: str) -> EnumT:
    """The member of ``kind`` with ``number``. Raises InvalidValue for 0 (not given) and for unknown numbers."""
    try:
        return kind(number)
    except ValueError:
        problem = "is not given" if number == 0 else f"{number} is not a known {kind.__name__}"
        raise InvalidValue(path, problem) from None


def require(message: Message, field: str, path: str) -> None:
    """Raise InvalidValue unless the message-typed ``field`` of ``message`` is given."""
    if not message.HasField(field):
        raise InvalidValue(path, "is not given")


@overload
def given(present: bool, value: ValueT | Absent) -> ValueT | None: ...
@overload
def given(present: bool, value: ValueT | Absent, read: Callable[[ValueT], ReadT]) -> ReadT | None: ...
def given(
    present: bool, value: ValueT | Absent, read: Callable[[ValueT], ReadT] | None = None
) -> ValueT | ReadT | None:
    """An optional field's ``value``, as ``read`` makes of it; None unless ``present``, which HasField says."""
    if not present or isinstance(value, Absent):
        return None
    return value if read is None else read(value)


def batches(items: Iterable[tuple[ItemT, int]]) -> Iterator[list[ItemT]]:
    """Group items with their sizes in bytes into lists of at most CHUNK_ITEMS and, but for a single larger item,
    CHUNK_BYTES.
    """
    batch: list[ItemT] = []
    total = 0
    for item, size in items:
        if batch and (total + size > CHUNK_BYTES or len(batch) >= CHUNK_ITEMS):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size
    if batch:
        yield batch


def string_batches(items: Iterable[str]) -> Iterator[list[str]]:
    """Group strings into chunks by their size as UTF-8."""
    return batches((item, len(item.encode()) + 4) for item in items)


def byte_batches(data: bytes) -> Iterator[bytes]:
    """Cut ``data`` into pieces of at most CHUNK_BYTES."""
    return (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))
