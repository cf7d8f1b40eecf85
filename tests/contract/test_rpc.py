"""What every call passes through: identity, refusal of unknown fields, errors in one shape, deadlines."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from autopack.gatekeeper.v1 import gatekeeper_service_pb2, gatekeeper_service_pb2_grpc
from autopack.results.v1 import decision_pb2
from autopack_results.errors import InvalidValue
from autopack_rpc.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.interceptor import Access
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server import AddressUnavailable, serving

Request = gatekeeper_service_pb2.DecideRequest
DECIDE = "/autopack.gatekeeper.v1.GatekeeperService/Decide"
TOKENS = Tokens.generate()
DOMAIN = "test.autopack"


class Refused(Exception):
    """An error of the service's own."""

    reason = "REFUSED"
    message = "it was refused; ask for something else"
    subject = "the thing"


class Scripted(gatekeeper_service_pb2_grpc.GatekeeperServiceServicer):
    """Does what the head digest of the request says."""

    def Decide(self, request: Request, context: grpc.ServicerContext) -> gatekeeper_service_pb2.DecideResponse:
        """Answer, or fail in one of several ways."""
        match request.head_evidence_digest:
            case "invalid":
                raise InvalidValue("head_evidence_digest", "is not a digest")
            case "refused":
                raise Refused
            case "bug":
                raise ZeroDivisionError("a secret")
            case "deadline":
                return gatekeeper_service_pb2.DecideResponse(decision_digest=f"{context.time_remaining():.0f}")
            case _:
                return gatekeeper_service_pb2.DecideResponse(decision_digest="answer")

    def GetDecision(
        self, request: gatekeeper_service_pb2.GetDecisionRequest, context: grpc.ServicerContext
    ) -> Iterator[gatekeeper_service_pb2.GetDecisionResponse]:
        """One part, then an error."""
        yield gatekeeper_service_pb2.GetDecisionResponse(chunk=decision_pb2.DecisionChunk(cells=b"1"))
        raise Refused


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server of the scripted service, which the executor alone may ask to decide."""
    with serving(
        f"unix:{tmp_path}/socket",
        [lambda server: gatekeeper_service_pb2_grpc.add_GatekeeperServiceServicer_to_server(Scripted(), server)],
        domain=DOMAIN,
        errors={Refused: grpc.StatusCode.FAILED_PRECONDITION},
        access=Access(tokens=TOKENS, roles={DECIDE: frozenset({Role.EXECUTOR})}),
    ) as bound:
        yield bound


def _decide(address: str, request: Request, token: str = TOKENS.of(Role.EXECUTOR)) -> str:
    with channel(address, token=token) as to_server, remote_errors():
        return gatekeeper_service_pb2_grpc.GatekeeperServiceStub(to_server).Decide(request).decision_digest


def _failure(address: str, request: Request, token: str = TOKENS.of(Role.EXECUTOR)) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        _decide(address, request, token)
    return caught.value


def test_call_is_answered(address: str) -> None:
    """A call by the right role with a known message is answered."""
    assert "answer" == _decide(address, Request())


def test_every_call_has_a_deadline(address: str) -> None:
    """A call without a time-out of its own gets the channel's."""
    assert 50 <= int(_decide(address, Request(head_evidence_digest="deadline"))) <= 60


@pytest.mark.parametrize("token", ["", "wrong", TOKENS.of(Role.EXECUTOR)[:-1]])
def test_unknown_caller_is_refused(address: str, token: str) -> None:
    """A caller without a valid token is UNAUTHENTICATED."""
    failure = _failure(address, Request(), token)

    assert (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED") == (failure.code, failure.reason)


def test_wrong_role_is_refused(address: str) -> None:
    """A caller whose role may not call a method is refused, and told who may."""
    failure = _failure(address, Request(), TOKENS.of(Role.CLIENT))

    assert (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED") == (failure.code, failure.reason)
    assert "executor" in failure.message


def test_unknown_field_is_refused_by_name(address: str) -> None:
    """A request with a field that the contract does not know is refused, naming message and field number."""
    request = Request()
    request.MergeFromString(b"\xf8\x7f\x01")

    failure = _failure(address, request)

    assert (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_FIELDS") == (failure.code, failure.reason)
    assert {"DecideRequest": "DecideRequest: field 2047"} == failure.violations


def test_unknown_field_deep_inside_is_refused(address: str) -> None:
    """An unknown field of a nested message is refused with its path."""
    request = Request()
    request.attempt.MergeFromString(b"\xf8\x7f\x01")

    assert ["DecideRequest.attempt"] == list(_failure(address, request).violations)


def test_invalid_value_names_its_field(address: str) -> None:
    """A value that the contract refuses is INVALID_ARGUMENT with a field violation."""
    failure = _failure(address, Request(head_evidence_digest="invalid"))

    assert (grpc.StatusCode.INVALID_ARGUMENT, DOMAIN) == (failure.code, failure.domain)
    assert {"head_evidence_digest": "is not a digest"} == failure.violations


def test_own_error_has_the_status_of_the_table(address: str) -> None:
    """A service's own error arrives with its status, reason, message and subject."""
    failure = _failure(address, Request(head_evidence_digest="refused"))

    assert (grpc.StatusCode.FAILED_PRECONDITION, "REFUSED", "the thing") == (
        failure.code,
        failure.reason,
        failure.subject,
    )


def test_bug_is_internal_and_says_nothing(address: str) -> None:
    """An exception that nobody foresaw is INTERNAL, and tells the caller nothing of the inside."""
    failure = _failure(address, Request(head_evidence_digest="bug"))

    assert (grpc.StatusCode.INTERNAL, "INTERNAL") == (failure.code, failure.reason)
    assert "secret" not in failure.message


def test_error_in_the_middle_of_a_stream_is_not_its_end(address: str) -> None:
    """A stream that fails after its first message raises, and does not look complete."""
    with channel(address, token=TOKENS.of(Role.CLIENT)) as to_server:
        stub = gatekeeper_service_pb2_grpc.GatekeeperServiceStub(to_server)
        with pytest.raises(RemoteError, match="refused"), remote_errors():
            list(stub.GetDecision(gatekeeper_service_pb2.GetDecisionRequest()))


def test_unreachable_server_is_said_to_be(tmp_path: Path) -> None:
    """A call to a server that is not there fails as unreachable."""
    assert _failure(f"unix:{tmp_path}/nothing", Request()).unreachable


def test_taken_address_is_refused(tmp_path: Path) -> None:
    """A server that cannot bind its address says so."""
    with (
        pytest.raises(AddressUnavailable, match="cannot listen"),
        serving(
            f"unix:{tmp_path}/no/such/folder/socket",
            [],
            domain=DOMAIN,
            errors={},
            access=Access(tokens=TOKENS, roles={}),
        ),
    ):
        raise AssertionError("it was bound")
