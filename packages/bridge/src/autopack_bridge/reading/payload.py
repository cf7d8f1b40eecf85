"""Reading JSON from strangers: bounded, exact, and without any value getting lost on the way.

Numbers keep their spelling, and a name that an object gives twice keeps all its values, so that whoever places values
decides about them and can say where they stand.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from autopack_bridge.reading.refusal import WHOLE_DOCUMENT, OldResultRefused, Problem

MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 500_000

# Possessive throughout: a text that does not end must not be tried in every way, nor every step be remembered.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.|\\\Z)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was spelt; ``NaN``, ``Infinity`` and ``-Infinity`` too, which Python's JSON lets pass."""

    literal: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """The values of a name that an object gives more than once, in their order."""

    values: "tuple[Node, ...]"


Node: TypeAlias = "bool | str | Number | Repeated | list[Node] | dict[str, Node] | None"


def read_payload(data: bytes) -> Mapping[str, Node]:
    """The object that ``data`` holds. Raises OldResultRefused for whatever is not a JSON object of bounded size."""
    if len(data) > MAX_PAYLOAD_BYTES:
        raise _refused(f"is larger than {MAX_PAYLOAD_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(f"is not UTF-8 at byte {error.start}") from error
    _check_structure(data)
    try:
        document: Node = json.loads(
            text, object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=Number
        )
    except json.JSONDecodeError as error:
        raise _refused(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    if not isinstance(document, dict):
        raise _refused(f"is {kind_of(document)}; expected an object")
    return document


def kind_of(node: Node) -> str:
    """What ``node`` is, in words."""
    match node:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a text"
        case Number():
            return "a number"
        case Repeated():
            return "a name given more than once"
        case list():
            return "a list"
        case dict():
            return "an object"


def _object(pairs: "list[tuple[str, Node]]") -> "dict[str, Node]":
    found = dict(pairs)
    if len(found) < len(pairs):
        values: dict[str, list[Node]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        found = {name: given[0] if len(given) == 1 else Repeated(tuple(given)) for name, given in values.items()}
    return found


def _check_structure(data: bytes) -> None:
    """Refuse what would exhaust the stack or the memory, before anything is built of it."""
    depth = count = 0
    for token in _STRUCTURE.finditer(data):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                count += 1
            case b"]" | b"}":
                depth -= 1
            case b",":
                count += 1
            case _:
                continue
        if depth > MAX_DEPTH:
            raise _refused(f"is nested deeper than {MAX_DEPTH} levels at byte {token.start()}")
        if count > MAX_VALUES:
            raise _refused(f"holds more than {MAX_VALUES} values")


def _refused(problem: str) -> OldResultRefused:
    return OldResultRefused((Problem(pointer=WHOLE_DOCUMENT, problem=problem),))
