"""Reading single values: each function reads one node at a pointer, or refuses it and raises Unplaceable."""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias, TypeVar

from autopack_bridge.reading.payload import Node, Number, kind_of
from autopack_bridge.reading.refusal import Refusals, Unplaceable, child
from autopack_model.amount import MAX_AMOUNT, check_amount
from autopack_model.errors import InvalidValue
from autopack_model.file_path import check_file_path
from autopack_model.identity.value import check_run_id
from autopack_model.text import check_count, check_name, check_text

T = TypeVar("T")
Read: TypeAlias = Callable[[Node, str, Refusals], T]

_WHOLE = re.compile(r"-?\d{1,20}")
_DECIMAL = re.compile(r"\d{1,20}(\.\d{1,30})?([eE][+-]?\d{1,2})?")


def checked_text(check: Callable[[str], str]) -> Read[str]:
    """A text that ``check`` returns; it raises InvalidValue."""

    def read(node: Node, at: str, refusals: Refusals) -> str:
        if not isinstance(node, str):
            raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected a text")
        with refusals.at(at):
            return check(node)

    return read


def text(*, most: int, least: int = 0) -> Read[str]:
    """A text of ``least`` to ``most`` characters."""
    return checked_text(lambda value: check_text(value, "", least=least, most=most))


def printable(*, most: int) -> Read[str]:
    """A text of 1 to ``most`` printable characters."""
    return checked_text(lambda value: check_name(value, "", most=most))


def run_name() -> Read[str]:
    """A name of a run or phase."""
    return checked_text(check_run_id)


def file_name() -> Read[str]:
    """A path inside a repository."""
    return checked_text(lambda value: check_file_path(value, ""))


def raw_text(*, least: int, most: int) -> Read[bytes]:
    """A text of ``least`` to ``most`` bytes as UTF-8, as these bytes."""

    def check(value: str) -> str:
        check_text(value, "", most=most)
        size = len(value.encode())
        if not least <= size <= most:
            raise InvalidValue("", f"has {size} bytes; expected {least} to {most}")
        return value

    read_text = checked_text(check)
    return lambda node, at, refusals: read_text(node, at, refusals).encode()


def flag(node: Node, at: str, refusals: Refusals) -> bool:
    """A boolean: 0, 1 and texts are none."""
    if not isinstance(node, bool):
        raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected true or false")
    return node


def whole(*, least: int = 0, most: int = MAX_AMOUNT) -> Read[int]:
    """A whole number, spelt as one: 2, but neither 2.0 nor 2e0, and no boolean."""

    def read(node: Node, at: str, refusals: Refusals) -> int:
        if not isinstance(node, Number):
            raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected a whole number")
        if _WHOLE.fullmatch(node.literal) is None:
            shown = f"{node.literal[:40]!r} is not spelt as a whole number of at most 20 digits"
            raise refusals.unplaceable(at, problem=f"{shown}; expected {least} to {most}")
        with refusals.at(at):
            return check_amount(int(node.literal), "", least=least, most=most)

    return read


def milliseconds(*, per_unit: int) -> Read[int]:
    """A decimal number of units of ``per_unit`` milliseconds, to the nearest millisecond: a duration is a measurement,
    and most of those that were written are divisions that do not come out even.
    """

    def read(node: Node, at: str, refusals: Refusals) -> int:
        if not isinstance(node, Number):
            raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected a number")
        if _DECIMAL.fullmatch(node.literal) is None:
            shown = f"{node.literal[:60]!r} is not a duration"
            raise refusals.unplaceable(at, problem=f"{shown}; expected a decimal number that is not negative")
        with refusals.at(at):
            return check_amount(round(Fraction(node.literal) * per_unit), "")

    return read


def word(table: Mapping[str, T]) -> Read[T]:
    """A word of ``table``, as it stands there; another case is another word."""

    def read(node: Node, at: str, refusals: Refusals) -> T:
        if not isinstance(node, str):
            raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected one of {', '.join(table)}")
        if node not in table:
            raise refusals.unplaceable(at, problem=f"{node[:80]!r} is not known; expected one of {', '.join(table)}")
        return table[node]

    return read


def or_unknown(read: Read[T]) -> Read[T | None]:
    """What ``read`` reads, or null for unknown."""
    return lambda node, at, refusals: None if node is None else read(node, at, refusals)


def listed(read: Read[T], *, most: int) -> Read[tuple[T, ...]]:
    """A list of at most ``most`` elements, each as ``read`` reads it; all that cannot be placed are named."""

    def read_all(node: Node, at: str, refusals: Refusals) -> tuple[T, ...]:
        if not isinstance(node, list):
            raise refusals.unplaceable(at, problem=f"is {kind_of(node)}; expected a list")
        with refusals.at(at):
            check_count(node, "", most=most)
        found: list[T] = []
        for index, element in enumerate(node):
            with refusals.collecting():
                found.append(read(element, child(at, index), refusals))
        if len(found) < len(node):
            raise Unplaceable(at)
        return tuple(found)

    return read_all
