"""Errors on the wire: ``google.rpc.Status`` with ErrorInfo, and BadRequest for bad input."""

import contextlib
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from autopack_model.errors import InvalidValue
from autopack_rpc.skew import contract
from autopack_rpc.skew import naming as skew

UNKNOWN_FIELDS = "UNKNOWN_FIELDS"
"""The reason of a refusal because of fields that the server's contract does not know."""

_CALL_NOTE = "in a call of "

# A refusal travels in the headers that end a call, of which a caller takes 8 KiB. The sizes are those of the texts
# percent-encoded, as the message is sent, once; all of them are also sent in base64, a third larger than in UTF-8. A
# refusal of the largest sizes takes less than 7,000 bytes.
_MOST_MESSAGE: Final = 1400
_MOST_SUBJECT: Final = 300
_MOST_NAME: Final = 100
_MOST_PATH: Final = 200
_MOST_PROBLEM: Final = 400
_MOST_VIOLATIONS: Final = 20
_MOST_OF_VIOLATIONS: Final = 1500
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_PLAIN: Final = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


@runtime_checkable
class Described(Protocol):
    """What a service's own errors offer: a stable upper-case reason, a message for people, the thing concerned."""

    reason: str
    message: str
    subject: str


@dataclass(slots=True, kw_only=True)
class RemoteError(Exception):
    """A call failed on the other side, or on the way there.

    ``server_contract`` is the digest of the server's contract; empty when it did not get to say it.
    """

    code: grpc.StatusCode
    reason: str
    domain: str
    message: str
    subject: str = ""
    violations: Mapping[str, str] = field(default_factory=dict)
    server_contract: str = ""

    def __str__(self) -> str:
        return self.message

    @property
    def unreachable(self) -> bool:
        """Whether the other side could not be reached or did not answer in time."""
        return self.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class ContractViolation(Exception):
    """A request that its contract does not allow, found before it reached the service."""

    def __init__(self, code: grpc.StatusCode, reason: str, message: str, violations: Mapping[str, str]) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.violations = violations


ErrorTable = Mapping[type[Exception], grpc.StatusCode]


def status_of(error: Exception, table: ErrorTable, domain: str) -> status_pb2.Status | None:
    """The status for ``error`` by the most specific entry of ``table``; None when nothing stands for it.

    InvalidValue, ContractViolation and RemoteError need no entry.
    """
    if isinstance(error, InvalidValue):
        return _status(
            grpc.StatusCode.INVALID_ARGUMENT, "INVALID_VALUE", domain, str(error), "", {error.path: error.problem}
        )
    if isinstance(error, ContractViolation):
        return _status(error.code, error.reason, domain, error.message, "", error.violations)
    if isinstance(error, RemoteError):
        return _status(error.code, error.reason, error.domain, error.message, error.subject, error.violations)
    code = next((table[kind] for kind in type(error).__mro__ if kind in table), None)
    if code is None or not isinstance(error, Described):
        return None
    return _status(code, error.reason, domain, error.message, error.subject, {})


def internal_status(domain: str) -> status_pb2.Status:
    """The status for an exception that nobody foresaw. It says nothing of the inside; the log does."""
    return _status(
        grpc.StatusCode.INTERNAL, "INTERNAL", domain, "internal error; the service's log has the details", "", {}
    )


@contextlib.contextmanager
def remote_errors() -> Iterator[None]:
    """Turn a failed call inside the block (reading its responses included) into a RemoteError."""
    try:
        yield
    except grpc.RpcError as error:
        raise remote_error(error) from error


def note_method(error: Exception, method: str) -> None:
    """Keep the full name of the method that failed (or may yet fail) with the error, for ``remote_error``."""
    error.add_note(_CALL_NOTE + method)


def remote_error(error: Exception) -> RemoteError:
    """What a failed call said, as a RemoteError, with the names that only the caller knows."""
    if not isinstance(error, grpc.Call):
        return RemoteError(code=grpc.StatusCode.UNKNOWN, reason="UNKNOWN", domain="", message=str(error))
    code = error.code()
    info, violations = _told(error)
    reason = info.reason
    message, method = error.details() or code.name, _noted_method(error)
    if reason == UNKNOWN_FIELDS:
        violations = skew.named_fields(method, violations)
        message = "; ".join((message, *skew.names_given(violations)))
    elif code is grpc.StatusCode.UNIMPLEMENTED and not reason:
        message = skew.unimplemented(method, message)
    return RemoteError(
        code=code,
        reason=reason or code.name,
        domain=info.domain,
        message=message,
        subject=info.metadata.get("subject", ""),
        violations=violations,
        server_contract=_server_contract(error),
    )


def _told(call: grpc.Call) -> tuple[error_details_pb2.ErrorInfo, dict[str, str]]:
    """The details of a refusal; nothing when there are none, or none that can be read: its code stands without them."""
    told, violations = error_details_pb2.ErrorInfo(), dict[str, str]()
    try:
        status = rpc_status.from_call(call)
        for detail in status.details if status is not None else ():
            bad = error_details_pb2.BadRequest()
            if not detail.Unpack(told) and detail.Unpack(bad):
                violations |= {violation.field: violation.description for violation in bad.field_violations}
    except (ValueError, DecodeError):
        return error_details_pb2.ErrorInfo(), {}
    return told, violations


def _noted_method(error: Exception) -> str:
    notes: list[str] = getattr(error, "__notes__", [])
    return next((note.removeprefix(_CALL_NOTE) for note in notes if note.startswith(_CALL_NOTE)), "")


def _server_contract(call: grpc.Call) -> str:
    for key, value in call.trailing_metadata() or ():
        if key == contract.METADATA_KEY:
            return value if isinstance(value, str) else value.decode("ascii", "replace")
    return ""


def _status(
    code: grpc.StatusCode, reason: str, domain: str, message: str, subject: str, violations: Mapping[str, str]
) -> status_pb2.Status:
    info = error_details_pb2.ErrorInfo(reason=_bounded(reason, _MOST_NAME), domain=_bounded(domain, _MOST_NAME))
    if subject:
        info.metadata["subject"] = _bounded(subject, _MOST_SUBJECT)
    status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=_bounded(message, _MOST_MESSAGE))
    status.details.append(_packed(info))
    if violations:
        bad = error_details_pb2.BadRequest()
        for path, problem in _bounded_violations(violations):
            bad.field_violations.add(field=path, description=problem)
        status.details.append(_packed(bad))
    return status


def _bounded_violations(violations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The first violations, and how many there are besides."""
    left = _MOST_OF_VIOLATIONS
    for index, (path, problem) in enumerate(violations.items()):
        told = (_bounded(path, _MOST_PATH), _bounded(problem, _MOST_PROBLEM))
        left -= sum(map(_size, told))
        if left < 0 or index == _MOST_VIOLATIONS:
            yield _ELLIPSIS, f"and {len(violations) - index} more"
            return
        yield told


def _bounded(text: str, most: int) -> str:
    """``text``, cut in its middle when its size is more than ``most``: it ends with what to do. What UTF-8 does not
    have (paths can be such) is escaped.
    """
    text = text.encode("utf-8", "backslashreplace").decode()
    if len(text) <= most and _size(text) <= most:
        return text
    half = (most - _size(_ELLIPSIS)) // 2
    return _fitting(text, half) + _ELLIPSIS + _fitting(reversed(text), half)[::-1]


def _fitting(characters: Iterable[str], most: int) -> str:
    fitting: list[str] = []
    for character in characters:
        most -= _size(character)
        if most < 0:
            break
        fitting.append(character)
    return "".join(fitting)


def _size(text: str) -> int:
    return len(urllib.parse.quote(text, safe=_PLAIN))


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
