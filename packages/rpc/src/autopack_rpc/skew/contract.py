"""The contract that this process was built with: its elements, a digest for each, and how two contracts differ.

A digest covers what two versions must agree on to understand each other: names, numbers, types, presence, oneofs, enum
values, RPCs with their messages and streaming. Comments and the order of declaration do not count.
"""

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    ServiceDescriptor,
)

from autopack_model.labels import Labelled

METADATA_KEY = "autopack-contract"
"""The metadata entry in which either side of a call says its contract's digest."""

UNKNOWN = "unknown"
"""Stands for the digest of somebody who did not say it."""

_PACKAGES = ("contract", "executor", "gatekeeper", "results", "store")


class ElementKind(Labelled):
    """What an element of a contract is. Numbers as in ``autopack.contract.v1.ElementKind``."""

    MESSAGE = 1
    ENUM = 2
    SERVICE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One message, enumeration or service: its full name, and 16 hex digits that change when it does."""

    name: str
    kind: ElementKind
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDifference:
    """How a contract differs from another one: elements that only it has, that only the other one has, and elements
    that both have, as the first has them, that are not the same. Each ascending by name.
    """

    added: tuple[Element, ...]
    removed: tuple[Element, ...]
    changed: tuple[Element, ...]

    @property
    def empty(self) -> bool:
        """Whether the contracts are the same."""
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """All elements of all packages, strictly ascending by name."""

    elements: tuple[Element, ...]

    @property
    def digest(self) -> str:
        """16 hex digits over all elements."""
        return _digest(f"{element.kind.label} {element.name} {element.digest}" for element in self.elements)

    def difference_from(self, other: "Contract") -> ContractDifference:
        """How this contract differs from ``other``."""
        mine = {(element.name, element.kind): element for element in self.elements}
        others = {(element.name, element.kind): element for element in other.elements}
        return ContractDifference(
            added=tuple(mine[key] for key in sorted(mine.keys() - others.keys())),
            removed=tuple(others[key] for key in sorted(others.keys() - mine.keys())),
            changed=tuple(mine[key] for key in sorted(mine.keys() & others.keys()) if mine[key] != others[key]),
        )


@functools.cache
def own_contract() -> Contract:
    """The contract of this process. Computed once, at the first call that asks for it."""
    return Contract(elements=tuple(sorted(_elements(), key=lambda element: element.name)))


@functools.cache
def contract_digest() -> str:
    """The digest of the contract of this process."""
    return own_contract().digest


def file_elements(file: FileDescriptor) -> Iterator[Element]:
    """The elements of one file, nested ones included."""
    yield from map(_enum_element, file.enum_types_by_name.values())
    yield from map(_service_element, file.services_by_name.values())
    for message in file.message_types_by_name.values():
        yield from _message_elements(message)


def _elements() -> Iterator[Element]:
    for package in _PACKAGES:
        for entry in files(f"autopack.{package}.v1").iterdir():
            if entry.name.endswith("_pb2.py"):
                import_module(f"autopack.{package}.v1.{entry.name.removesuffix('.py')}")
                name = f"autopack/{package}/v1/{entry.name.removesuffix('_pb2.py')}.proto"
                yield from file_elements(descriptor_pool.Default().FindFileByName(name))


def _message_elements(message: Descriptor) -> Iterator[Element]:
    fields = sorted(message.fields, key=lambda field: field.number)
    yield _element(message.full_name, ElementKind.MESSAGE, map(_field_line, fields))
    yield from map(_enum_element, message.enum_types)
    for nested in message.nested_types:
        yield from _message_elements(nested)


def _enum_element(enumeration: EnumDescriptor) -> Element:
    lines = sorted(f"{value.number} {value.name}" for value in enumeration.values)
    return _element(enumeration.full_name, ElementKind.ENUM, lines)


def _service_element(service: ServiceDescriptor) -> Element:
    lines = sorted(
        f"{method.name} {method.input_type.full_name} {'stream' if method.client_streaming else 'unary'} "
        f"{method.output_type.full_name} {'stream' if method.server_streaming else 'unary'}"
        for method in service.methods
    )
    return _element(service.full_name, ElementKind.SERVICE, lines)


def _field_line(field: FieldDescriptor) -> str:
    kind = field.message_type or field.enum_type
    oneof = field.containing_oneof
    return " ".join(
        (
            str(field.number),
            field.name,
            str(field.type) if kind is None else f"{field.type}:{kind.full_name}",
            "repeated" if field.is_repeated else "present" if field.has_presence else "plain",
            "" if oneof is None else oneof.name,
        )
    )


def _element(name: str, kind: ElementKind, lines: Iterator[str] | list[str]) -> Element:
    return Element(name=name, kind=kind, digest=_digest(lines))


def _digest(lines: Iterator[str] | list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
