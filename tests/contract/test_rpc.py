"""What every call passes through: identity, refusal of unknown fields, errors in one shape, deadlines."""

from pathlib import Path

import grpc
import pytest

from autopack.store.v1 import evidence_service_pb2, evidence_service_pb2_grpc
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import AddressUnavailable, serving
from autopack_rpc.skew.contract import METADATA_KEY, contract_digest
from tests.contract.scripted import (
    ANSWER,
    DOMAIN,
    TOKENS,
    Request,
    ask,
    refusal,
)
from tests.fakes.incomplete import incomplete


def test_call_is_answered(address: str) -> None:
    """A call by the right role with a known message is answered."""
    assert ANSWER == ask(address, incomplete(Request))


def test_every_call_has_a_deadline(address: str) -> None:
    """A call without a time-out of its own gets the channel's."""
    assert 50 <= ask(address, incomplete(Request, evidence_digest="deadline")) <= 60


@pytest.mark.parametrize("token", ["", "wrong", TOKENS.of(Role.EXECUTOR)[:-1]], ids=["none", "wrong", "cut"])
def test_unknown_caller_is_refused(address: str, token: str) -> None:
    """A caller without a valid token is UNAUTHENTICATED."""
    failure = refusal(address, incomplete(Request), token)

    assert (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED") == (failure.code, failure.reason)


def test_wrong_role_is_refused(address: str) -> None:
    """A caller whose role may not call a method is refused, and told who may."""
    failure = refusal(address, incomplete(Request), TOKENS.of(Role.CLIENT))

    assert (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED") == (failure.code, failure.reason)
    assert "executor" in failure.message


def test_invalid_value_names_its_field(address: str) -> None:
    """A value that the contract refuses is INVALID_ARGUMENT with a field violation."""
    failure = refusal(address, incomplete(Request, evidence_digest="invalid"))

    assert (grpc.StatusCode.INVALID_ARGUMENT, DOMAIN) == (failure.code, failure.domain)
    assert {"evidence_digest": "is not a digest"} == failure.violations


def test_own_error_has_the_status_of_the_table(address: str) -> None:
    """A service's own error arrives with its status, reason, message and subject."""
    failure = refusal(address, incomplete(Request, evidence_digest="refused"))

    assert (grpc.StatusCode.FAILED_PRECONDITION, "REFUSED", "the thing") == (
        failure.code,
        failure.reason,
        failure.subject,
    )


def test_bug_is_internal_and_says_nothing(address: str) -> None:
    """An exception that nobody foresaw is INTERNAL, and tells the caller nothing of the inside."""
    failure = refusal(address, incomplete(Request, evidence_digest="bug"))

    assert (grpc.StatusCode.INTERNAL, "INTERNAL") == (failure.code, failure.reason)
    assert "secret" not in failure.message


def test_error_in_the_middle_of_a_stream_is_not_its_end(address: str) -> None:
    """A stream that fails after its first message raises, and does not look complete."""
    with channel(address, token=TOKENS.of(Role.CLIENT)) as to_server:
        stub = evidence_service_pb2_grpc.EvidenceServiceStub(to_server)
        with pytest.raises(RemoteError, match="refused"), remote_errors():
            list(stub.DownloadEvidence(incomplete(evidence_service_pb2.DownloadEvidenceRequest)))


def test_unreachable_server_is_said_to_be(tmp_path: Path) -> None:
    """A call to a server that is not there fails as unreachable."""
    assert refusal(f"unix:{tmp_path}/nothing", incomplete(Request)).unreachable


def test_taken_address_is_refused(tmp_path: Path) -> None:
    """A server that cannot bind its address says so."""
    with (
        pytest.raises(AddressUnavailable, match="cannot listen"),
        serving(
            f"unix:{tmp_path}/no/such/folder/socket",
            {},
            domain=DOMAIN,
            distribution="autopack-proto",
            errors={},
            access=Access(tokens=TOKENS, roles={}),
        ),
    ):
        raise AssertionError("it was bound")


def test_refused_caller_is_told_both_contracts(address: str) -> None:
    """A caller that is refused learns the server's digest beside its own, whatever the reason."""
    request = incomplete(Request)
    request.MergeFromString(b"\xf8\x7f\x01")

    unknown, refused = (
        refusal(address, request),
        refusal(address, incomplete(Request, evidence_digest="refused")),
    )

    assert (contract_digest(), contract_digest()) == (unknown.server_contract, refused.server_contract)
    assert f"contract {contract_digest()} does not know (the caller's is {contract_digest()})" in unknown.message


def test_answered_caller_is_told_the_servers_contract(address: str) -> None:
    """An answer ends with the digest of the server's contract."""
    with channel(address, token=TOKENS.of(Role.EXECUTOR)) as to_server:
        stub = evidence_service_pb2_grpc.EvidenceServiceStub(to_server)
        _, call = stub.GetUpload.with_call(incomplete(Request))

    assert (METADATA_KEY, contract_digest()) in [(key, value) for key, value in call.trailing_metadata()]


def _call_unknown_method(address: str, token: str) -> RemoteError:
    with channel(address, token=token) as to_server:
        foretell: grpc.UnaryUnaryMultiCallable[bytes, bytes] = to_server.unary_unary(
            "/autopack.gatekeeper.v1.GatekeeperService/Foretell"
        )
        with pytest.raises(RemoteError) as caught, remote_errors():
            foretell(b"")
    return caught.value


def test_unknown_method_is_named(address: str) -> None:
    """A method that the server's contract does not have is UNIMPLEMENTED by name, with both digests."""
    failure = _call_unknown_method(address, TOKENS.of(Role.CLIENT))

    assert (grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED", contract_digest()) == (
        failure.code,
        failure.reason,
        failure.server_contract,
    )
    assert "GatekeeperService/Foretell: this server's contract" in failure.message


def test_unknown_method_is_not_told_to_strangers(address: str) -> None:
    """A caller without a token does not learn which methods there are."""
    assert grpc.StatusCode.UNAUTHENTICATED is _call_unknown_method(address, "x" * 40).code


@pytest.mark.parametrize("timeout", [None, float("inf"), float("nan")])
def test_no_call_goes_without_a_deadline(address: str, timeout: float | None) -> None:
    """A call that asks for no deadline, or for an endless one, gets the channel's."""
    with channel(address, token=TOKENS.of(Role.EXECUTOR), deadline_s=40) as to_server:
        stub = evidence_service_pb2_grpc.EvidenceServiceStub(to_server)
        answer = stub.GetUpload(incomplete(Request, evidence_digest="deadline"), timeout=timeout)

    assert 30 <= answer.kept_chunks <= 40


@pytest.mark.parametrize("deadline_s", [0, -1, float("inf"), float("nan")])
def test_channel_without_a_deadline_is_refused(address: str, deadline_s: float) -> None:
    """A channel whose calls would never end is not opened."""
    with pytest.raises(ValueError, match="needs an end"), channel(address, token="x", deadline_s=deadline_s):
        raise AssertionError("it was opened")
