"""What a call is about, for the logs: the ids that its request names, whatever the request's type."""

import functools
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

ATTEMPT = "autopack.results.v1.AttemptRef"
_IDS = ("request_id", "run_id")
_ATTEMPT_FIELDS = ("run_id", "phase", "attempt")
_DEPTH = 2
"""How deep a request's messages are looked into: ``spec.run_id``, ``start.attempt``."""

_MOST = 128
"""Characters of an id that are shown: nobody has checked them yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an id is found: the fields that lead there, and its name in the logs."""

    path: tuple[str, ...]
    name: str


def call_ids(request: Message) -> dict[str, str | int]:
    """The ids that ``request`` names: of ``request_id``, ``run_id``, ``phase`` and ``attempt`` those that are given."""
    found: dict[str, str | int] = {}
    for place in _places(request.DESCRIPTOR):
        if place.name not in found and (value := _value(request, place.path)):
            found[place.name] = value if isinstance(value, int) else value[:_MOST]
    return found


@functools.cache
def _places(descriptor: Descriptor) -> tuple[_Place, ...]:
    """The places of ids in messages of one type, those that are less deep first."""
    return tuple(sorted(_within(descriptor, (), _DEPTH), key=lambda place: len(place.path)))


def _within(descriptor: Descriptor, path: tuple[str, ...], depth: int) -> list[_Place]:
    found: list[_Place] = []
    for field in descriptor.fields:
        here = (*path, field.name)
        if field.is_repeated:
            continue
        if field.type == FieldDescriptor.TYPE_STRING and field.name in _IDS:
            found.append(_Place(path=here, name=field.name))
        elif field.message_type is not None and field.message_type.full_name == ATTEMPT:
            found.extend(_Place(path=(*here, name), name=name) for name in _ATTEMPT_FIELDS)
        elif field.message_type is not None and depth > 1:
            found.extend(_within(field.message_type, here, depth - 1))
    return found


def _value(message: Message, path: tuple[str, ...]) -> str | int:
    *parents, name = path
    for parent in parents:
        message = getattr(message, parent)  # a message that is not given reads as an empty one
    value: str | int = getattr(message, name)
    return value
