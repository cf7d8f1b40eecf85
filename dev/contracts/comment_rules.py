"""What the comments of a contract must say, and how units, limits and callers may be put: one thing has one name."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from dev.contracts.comments import Comment

UNITS = frozenset(
    {
        "bytes",
        "chunks",
        "exit code",
        "executions",
        "index, from 0",
        "lines",
        "milliseconds",
        "milliseconds since the epoch, UTC",
        "number, from 0",
        "number, from 1",
        "permission bits",
        "runs",
        "signal number",
        "suite runs",
        "tests",
        "times",
        "tokens",
    }
)
CALLERS = frozenset({"every role", "client", "executor", "gatekeeper"})
NO_LIMIT = "none of its own"

_NUMBER = r"\d{1,3}(?:,\d{3})*"
_REST = r"(?:(?:, |; | of ).+)?"
_LIMITS: Mapping[str, str] = {
    "text": rf"(?:at most {_NUMBER}|{_NUMBER}(?: (?:or|to) {_NUMBER})?) characters{_REST}",
    "bytes": rf"(?:at most {_NUMBER}|{_NUMBER}(?: bytes?| [KM]iB)? to {_NUMBER}) (?:bytes|[KM]iB){_REST}"
    r"|(?:one byte|\w+ bytes) per .+",
    "entries": rf"at most {_NUMBER} entries{_REST}|one for each .+",
    "number": rf"(?:{_NUMBER} to {_NUMBER}|at most {_NUMBER}|at most the .+|below the .+){_REST}",
}
"""How a limit may be put, by the kind of field. ``entries`` is for lists, and for messages that come more than once."""

_Field = FieldDescriptorProto
_NOT_NUMBERS = frozenset(
    {_Field.TYPE_BOOL, _Field.TYPE_STRING, _Field.TYPE_BYTES, _Field.TYPE_MESSAGE, _Field.TYPE_ENUM}
)


def field_problems(field: FieldDescriptorProto, comment: Comment) -> Iterator[str]:
    """What ``comment`` leaves unsaid about ``field``, or says wrongly."""
    unit, limit = comment.column("Unit"), comment.column("Limit")
    number = field.type not in _NOT_NUMBERS
    if number and not unit:
        yield "is a number without a unit; add 'Unit: ...'"
    if unit and unit not in UNITS:
        yield f"'Unit: {unit}.' is none of: {'; '.join(sorted(UNITS))}"
    if unit and not number and field.type != _Field.TYPE_BYTES:
        yield "has a unit, and is not a number"
    if number and unit and field.name.endswith("_ms") != unit.startswith("milliseconds"):
        yield f"a name ends in _ms exactly when the unit is milliseconds, which here is {unit}"
    kind = _limit_kind(field)
    if kind in ("text", "bytes", "entries") and field.type != _Field.TYPE_MESSAGE and not limit:
        yield f"is bounded or not; add 'Limit: ...', '{NO_LIMIT}' where nothing refuses it"
    elif field.label == _Field.LABEL_REPEATED and not limit:
        yield f"is a list, bounded or not; add 'Limit: ...', '{NO_LIMIT}' where nothing refuses it"
    if limit and kind is None:
        yield "has a limit, and neither length nor amount"
    if limit and kind is not None and limit != NO_LIMIT and re.fullmatch(_LIMITS[kind], limit) is None:
        yield f"'Limit: {limit}.' is not put as limits of {kind} are; {Path(__file__).name} lists the forms"


def _limit_kind(field: FieldDescriptorProto) -> str | None:
    if field.label == _Field.LABEL_REPEATED or field.type == _Field.TYPE_MESSAGE:
        return "entries"
    if field.type not in _NOT_NUMBERS:
        return "number"
    return {_Field.TYPE_STRING: "text", _Field.TYPE_BYTES: "bytes"}.get(field.type)
