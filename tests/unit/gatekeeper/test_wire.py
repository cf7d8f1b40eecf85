"""The gatekeeper's messages: what is refused, and by which field."""

from collections.abc import Callable

import pytest

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack.results.v1 import identity_pb2
from autopack_gatekeeper.usecases.decide_attempt import DecideAttempt
from autopack_gatekeeper.wire import decide_request_from_wire
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import AttemptRef
from autopack_model.policy.wire import terms_to_wire
from tests.fakes.store import TERMS

BASE, HEAD, CROSS, BASE_RETRY, HEAD_RETRY, CROSS_RETRY, REVERSE = ("sha256:" + digit * 64 for digit in "1234567")


def request() -> pb.DecideRequest:
    """A valid request."""
    return pb.DecideRequest(
        request_id="ask-1",
        attempt=identity_pb2.AttemptRef(run_id="run-1", phase="gate", attempt=1),
        base_evidence_digest=BASE,
        head_evidence_digest=HEAD,
        conclude=False,
        base_retry_digests=[BASE_RETRY],
        head_retry_digests=[HEAD_RETRY],
        cross_evidence_digest=CROSS,
        cross_retry_digests=[CROSS_RETRY],
        reverse_evidence_digest=REVERSE,
        terms=terms_to_wire(TERMS),
    )


def test_a_request_is_read_whole() -> None:
    """Every field of the contract becomes one of the domain."""
    expected = DecideAttempt(
        request_id="ask-1",
        attempt=AttemptRef(run_id="run-1", phase="gate", attempt=1),
        base_evidence_digest=BASE,
        head_evidence_digest=HEAD,
        base_retry_digests=(BASE_RETRY,),
        head_retry_digests=(HEAD_RETRY,),
        cross_evidence_digest=CROSS,
        cross_retry_digests=(CROSS_RETRY,),
        reverse_evidence_digest=REVERSE,
        terms=TERMS,
    )
    assert expected == decide_request_from_wire(request())
    assert {
        "request_id",
        "attempt",
        "base_evidence_digest",
        "head_evidence_digest",
        "conclude",
        "base_retry_digests",
        "head_retry_digests",
        "cross_evidence_digest",
        "cross_retry_digests",
        "reverse_evidence_digest",
        "terms",
    } == {field.name for field in pb.DecideRequest.DESCRIPTOR.fields}


def test_an_absent_base_is_no_baseline() -> None:
    """Absent is not empty."""
    message = request()
    message.ClearField("base_evidence_digest")
    assert decide_request_from_wire(message).base_evidence_digest is None


@pytest.mark.parametrize(
    ("damage", "path"),
    [
        (lambda message: message.ClearField("request_id"), "request_id"),
        (lambda message: message.ClearField("attempt"), "attempt.run_id"),
        (lambda message: setattr(message.attempt, "attempt", 0), "attempt.attempt"),
        (lambda message: setattr(message, "base_evidence_digest", ""), "base_evidence_digest"),
        (lambda message: message.ClearField("head_evidence_digest"), "head_evidence_digest"),
        (lambda message: setattr(message, "head_evidence_digest", HEAD.upper()), "head_evidence_digest"),
    ],
)
def test_bad_fields_are_named(damage: Callable[[pb.DecideRequest], object], path: str) -> None:
    """What is missing or malformed is refused with the field's path."""
    message = request()
    damage(message)
    with pytest.raises(InvalidValue) as caught:
        decide_request_from_wire(message)
    assert path == caught.value.path
