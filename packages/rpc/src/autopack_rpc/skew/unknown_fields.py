"""Finding fields that a message carries though its contract does not know them (someone newer is speaking)."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

_MANY = 16
"""From so many children on, looking at each costs more than to copy them all at once."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class UnknownField:
    """A field without a name: ``number``, of the message with the full name ``message``.

    ``path`` leads to its first occurrence, from the top message on, with the number in the place of the name:
    ``spec.11``, ``chunk.details[3].9``.
    """

    path: str
    message: str
    number: int

    def __str__(self) -> str:
        return f"{self.message} has no field {self.number} (at {self.path})"


def unknown_fields(message: Message) -> tuple[UnknownField, ...]:
    """The unknown fields of ``message`` at any depth, each once, ascending by path; empty when there is none.

    The walk that names them is for refusals only. Where there is none, it costs a look at each message inside, or,
    where these are many, one copy and a comparison of sizes.
    """
    if not _carries(message):
        return ()
    first: dict[tuple[str, int], UnknownField] = {}
    for field in _walk(message, ""):
        first.setdefault((field.message, field.number), field)
    return tuple(sorted(first.values()))


@functools.cache
def _message_fields(descriptor: Descriptor) -> tuple[tuple[str, bool, bool], ...]:
    """The fields that hold messages: the name, whether repeated, whether a map."""
    return tuple(
        (
            field.name,
            field.is_repeated,
            field.message_type is not None and field.message_type.GetOptions().map_entry,
        )
        for field in descriptor.fields
        if field.type == FieldDescriptor.TYPE_MESSAGE
    )


def _carries(message: Message) -> bool:
    if len(UnknownFieldSet(message)) > 0:
        return True
    for name, repeated, is_map in _message_fields(message.DESCRIPTOR):
        if not repeated:
            if message.HasField(name) and _carries(getattr(message, name)):
                return True
            continue
        children = getattr(message, name)
        if is_map or len(children) > _MANY:
            return _loses(message)
        if any(map(_carries, children)):
            return True
    return False


def _loses(message: Message) -> bool:
    """Whether ``message`` is smaller without its unknown fields."""
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.ByteSize() != message.ByteSize()


def _walk(message: Message, prefix: str) -> Iterator[UnknownField]:
    unknown = UnknownFieldSet(message)
    for index in range(len(unknown)):
        number = unknown[index].field_number
        yield UnknownField(path=f"{prefix}{number}", message=message.DESCRIPTOR.full_name, number=number)
    for name, repeated, is_map in _message_fields(message.DESCRIPTOR):
        if is_map:
            entries = getattr(message, name)
            for key in sorted(entries):
                if isinstance(entries[key], Message):
                    yield from _walk(entries[key], f"{prefix}{name}[{key!r}].")
        elif repeated:
            for index, child in enumerate(getattr(message, name)):
                yield from _walk(child, f"{prefix}{name}[{index}].")
        elif message.HasField(name):
            yield from _walk(getattr(message, name), f"{prefix}{name}.")
