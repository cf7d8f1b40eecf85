"""What a refusal says arrives, however long it is and whatever it is made of."""

from pathlib import Path

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import status_pb2

from tests.contract.scripted import (
    LONG,
    METHOD,
    SERVICE,
    Refused,
    Request,
    refusal,
    server,
)
from tests.fakes.incomplete import incomplete

FORMS = {
    "own": (grpc.StatusCode.FAILED_PRECONDITION, "REFUSED"),
    "invalid": (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_VALUE"),
    "violations": (grpc.StatusCode.FAILED_PRECONDITION, "LONG"),
    "relayed": (grpc.StatusCode.FAILED_PRECONDITION, "LONG"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", LONG)
def test_refusal_with_a_long_text_arrives(address: str, kind: str, form: str) -> None:
    """A refusal arrives with its code, its reason and how its message begins, however long its texts, in any script."""
    failure = refusal(address, incomplete(Request, evidence_digest=kind, request_id=form))

    assert FORMS[form] == (failure.code, failure.reason)
    assert "begin" == failure.message[:5]
    assert "…" in failure.message


def test_cut_message_keeps_what_to_do(address: str) -> None:
    """A message is cut in its middle: its end says what to do. Subjects and violations are cut alike."""
    own, invalid = (
        refusal(address, incomplete(Request, evidence_digest="cyrillic", request_id=form))
        for form in ("own", "invalid")
    )

    assert ("begins жж", "жж; do this") == (own.message[:9], own.message[-11:])
    assert ("begins жж", "жж ends") == (own.subject[:9], own.subject[-7:])
    [(path, problem)] = invalid.violations.items()
    assert ("begin.жж", "begins жж", "жж ends") == (path[:8], problem[:9], problem[-7:])


def test_refusal_counts_the_violations_that_it_leaves_out(address: str) -> None:
    """Of many violations the first are told, and the number of the others."""
    failure = refusal(address, incomplete(Request, evidence_digest="ascii", request_id="violations"))
    *told, (path, problem) = failure.violations.items()

    assert ("…", f"and {500 - len(told)} more") == (path, problem)
    assert len(told) >= 1
    assert all(known.startswith("begin.a") and text.startswith("begins a") for known, text in told)


def test_short_texts_are_not_touched(address: str) -> None:
    """A message of a usual length arrives as it was."""
    failure = refusal(address, incomplete(Request, evidence_digest="refused"))

    assert (Refused.message, Refused.subject, {}) == (failure.message, failure.subject, failure.violations)


class Unreadable(grpc.GenericRpcHandler):
    """The scripted method of a server whose refusal comes with these details."""

    def __init__(self, details: bytes) -> None:
        self._details = details

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """The handler of one call."""

        def refuse(request: bytes, context: grpc.ServicerContext) -> bytes:
            context.set_trailing_metadata((("grpc-status-details-bin", self._details),))
            context.abort(grpc.StatusCode.NOT_FOUND, "there is none")

        return grpc.unary_unary_rpc_method_handler(refuse) if handler_call_details.method == METHOD else None


def _details(code: int, message: str, detail: bytes) -> bytes:
    packed = any_pb2.Any(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=detail)
    return status_pb2.Status(code=code, message=message, details=[packed]).SerializeToString()


@pytest.mark.parametrize(
    "details",
    [_details(3, "there is none", b""), _details(5, "other", b""), _details(5, "there is none", b"\xff"), b"\xff"],
    ids=["another_code", "another_message", "damaged_detail", "damaged"],
)
def test_status_that_cannot_be_read_is_absent(tmp_path: Path, details: bytes) -> None:
    """A refusal whose details contradict it, or cannot be read, is told by its code and message alone."""

    def add(added: grpc.Server) -> None:
        added.add_generic_rpc_handlers((Unreadable(details),))

    with server(tmp_path, SERVICE, add, errors={}, roles={}) as bound:
        failure = refusal(bound, incomplete(Request))

    assert (grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "there is none", {}) == (
        failure.code,
        failure.reason,
        failure.message,
        failure.violations,
    )
