"""Mutations are done once: the same request id with the same body gives the first answer again."""

import dataclasses
import enum
from dataclasses import dataclass

from autopack_model.canonical import Json
from autopack_model.digest import digest_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One mutation: its id, its RPC, and the digest of everything else that it says."""

    request_id: str
    method: str
    fingerprint: str

    @staticmethod
    def of(method: str, request_id: str, *body: object) -> "Request":
        """The request ``request_id`` of ``method`` with ``body``: dataclasses, enums, tuples and plain values."""
        fingerprint = digest_document([method, *(_document(part) for part in body)])
        return Request(request_id=request_id, method=method, fingerprint=fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a mutation came to, as one word or digest; ``replayed`` when it is the first answer given again."""

    text: str
    replayed: bool


def _document(value: object) -> Json:
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, tuple):
        return [_document(item) for item in value]
    if dataclasses.is_dataclass(value):
        # A field that a value gains has a default, and does not change the fingerprint of those that do without: a
        # request may come again after the store was upgraded.
        return {
            field.name: _document(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
        }
    raise TypeError(f"{type(value).__name__} cannot be part of a request's fingerprint")
