"""Finding fields that a message carries though its contract does not know them (someone newer is speaking)."""

from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet


def unknown_fields(message: Message) -> list[str]:
    """The unknown fields of ``message`` at any depth, as ``path.to.message: field 17``; empty when there is none.

    The common case costs one copy and a comparison of sizes; the walk that names the fields is for refusals only.
    """
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    if known.ByteSize() == message.ByteSize():
        return []
    return sorted(_walk(message, message.DESCRIPTOR.name))


def _walk(message: Message, path: str) -> Iterator[str]:
    unknown = UnknownFieldSet(message)
    for index in range(len(unknown)):
        yield f"{path}: field {unknown[index].field_number}"
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        for index, child in enumerate(value if field.is_repeated else [value]):
            yield from _walk(child, f"{path}.{field.name}" + (f"[{index}]" if field.is_repeated else ""))
