"""What every call passes through: identity, refusal of unknown fields, errors in one shape, deadlines."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.rpc import status_pb2

from autopack.contract.v1 import contract_service_pb2
from autopack.gatekeeper.v1 import gatekeeper_service_pb2, gatekeeper_service_pb2_grpc
from autopack.results.v1 import decision_pb2, run_pb2
from autopack.store.v1 import run_service_pb2, run_service_pb2_grpc
from autopack_model.errors import InvalidValue
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.run.wire import run_spec_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import ContractViolation, RemoteError, remote_errors
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import AddressUnavailable, serving
from autopack_rpc.skew.contract import METADATA_KEY, contract_digest
from autopack_rpc.skew.naming import named_fields
from autopack_rpc.skew.unknown_fields import unknown_fields
from tests.fakes.incomplete import incomplete
from tests.fakes.store import first_attempt, make_spec

Request = gatekeeper_service_pb2.DecideRequest
SERVICE = "autopack.gatekeeper.v1.GatekeeperService"
DECIDE = f"/{SERVICE}/Decide"
TOKENS = Tokens.generate()
DOMAIN = "test.autopack"


class Refused(Exception):
    """An error of the service's own."""

    reason = "REFUSED"
    message = "it was refused; ask for something else"
    subject = "the thing"


LONG = {
    "ascii": "a" * 100_000,
    "percent": "%" * 100_000,
    "cyrillic": "ж" * 100_000,
    "emoji": "\N{GRINNING FACE}" * 100_000,
    "control": "\0\n\x7f\x1b" * 25_000,
    "surrogate": "\udcff" * 100_000,
}


class Scripted(gatekeeper_service_pb2_grpc.GatekeeperServiceServicer):
    """Does what the head digest of the request says; its id says how a long text is put."""

    def Decide(self, request: Request, context: grpc.ServicerContext) -> gatekeeper_service_pb2.DecideResponse:
        """Answer, or fail in one of several ways."""
        match request.head_evidence_digest:
            case "invalid":
                raise InvalidValue("head_evidence_digest", "is not a digest")
            case "refused":
                raise Refused
            case "bug":
                raise ZeroDivisionError("a secret")
            case kind if kind in LONG:
                raise _long_error(request.request_id, LONG[kind])
            case "deadline":
                return incomplete(
                    gatekeeper_service_pb2.DecideResponse, decision_digest=f"{context.time_remaining():.0f}"
                )
            case _:
                return incomplete(gatekeeper_service_pb2.DecideResponse, decision_digest="answer")

    def Conclude(
        self, request: gatekeeper_service_pb2.ConcludeRequest, context: grpc.ServicerContext
    ) -> gatekeeper_service_pb2.ConcludeResponse:
        """Never called."""
        raise NotImplementedError

    def GetDecision(
        self, request: gatekeeper_service_pb2.GetDecisionRequest, context: grpc.ServicerContext
    ) -> Iterator[gatekeeper_service_pb2.GetDecisionResponse]:
        """One part, then an error."""
        yield gatekeeper_service_pb2.GetDecisionResponse(chunk=decision_pb2.DecisionChunk(cells=b"1"))
        raise Refused


def _long_error(form: str, text: str) -> Exception:
    match form:
        case "invalid":
            return InvalidValue(f"begin.{text}", f"begins {text} ends")
        case "violations":
            many = {f"begin.{text[:4096]}[{index}].end": f"begins {text[:4096]} ends" for index in range(500)}
            code = grpc.StatusCode.FAILED_PRECONDITION
            return ContractViolation(code, "LONG", f"begins {text}; do this", many)
        case "relayed":
            return RemoteError(
                code=grpc.StatusCode.FAILED_PRECONDITION,
                reason="LONG",
                domain="another",
                message=f"begins {text}; do this",
                subject=text,
                violations={f"{text}{index}": text for index in range(30)},
            )
        case _:
            error = Refused()
            error.message, error.subject = f"begins {text}; do this", f"begins {text} ends"
            return error


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server of the scripted service, which the executor alone may ask to decide."""
    with serving(
        f"unix:{tmp_path}/socket",
        {
            SERVICE: lambda server: gatekeeper_service_pb2_grpc.add_GatekeeperServiceServicer_to_server(
                Scripted(), server
            )
        },
        domain=DOMAIN,
        distribution="autopack-proto",
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
    assert "answer" == _decide(address, incomplete(Request))


def test_every_call_has_a_deadline(address: str) -> None:
    """A call without a time-out of its own gets the channel's."""
    assert 50 <= int(_decide(address, incomplete(Request, head_evidence_digest="deadline"))) <= 60


@pytest.mark.parametrize("token", ["", "wrong", TOKENS.of(Role.EXECUTOR)[:-1]], ids=["none", "wrong", "cut"])
def test_unknown_caller_is_refused(address: str, token: str) -> None:
    """A caller without a valid token is UNAUTHENTICATED."""
    failure = _failure(address, incomplete(Request), token)

    assert (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED") == (failure.code, failure.reason)


def test_wrong_role_is_refused(address: str) -> None:
    """A caller whose role may not call a method is refused, and told who may."""
    failure = _failure(address, incomplete(Request), TOKENS.of(Role.CLIENT))

    assert (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED") == (failure.code, failure.reason)
    assert "executor" in failure.message


def test_unknown_field_is_refused_by_name(address: str) -> None:
    """A request with a field that the contract does not know is refused, naming message and field number."""
    request = incomplete(Request)
    request.MergeFromString(b"\xf8\x7f\x01")

    failure = _failure(address, request)

    assert (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_FIELDS") == (failure.code, failure.reason)
    assert {"2047": "autopack.gatekeeper.v1.DecideRequest has no field 2047"} == failure.violations
    assert "autopack.gatekeeper.v1.DecideRequest has no field 2047" in failure.message


def test_unknown_field_deep_inside_is_refused(address: str) -> None:
    """An unknown field of a nested message is refused with its path."""
    request = incomplete(Request)
    request.attempt.MergeFromString(b"\xf8\x7f\x01")

    assert {"attempt.2047": "autopack.results.v1.AttemptRef has no field 2047"} == _failure(address, request).violations


def test_invalid_value_names_its_field(address: str) -> None:
    """A value that the contract refuses is INVALID_ARGUMENT with a field violation."""
    failure = _failure(address, incomplete(Request, head_evidence_digest="invalid"))

    assert (grpc.StatusCode.INVALID_ARGUMENT, DOMAIN) == (failure.code, failure.domain)
    assert {"head_evidence_digest": "is not a digest"} == failure.violations


def test_own_error_has_the_status_of_the_table(address: str) -> None:
    """A service's own error arrives with its status, reason, message and subject."""
    failure = _failure(address, incomplete(Request, head_evidence_digest="refused"))

    assert (grpc.StatusCode.FAILED_PRECONDITION, "REFUSED", "the thing") == (
        failure.code,
        failure.reason,
        failure.subject,
    )


def test_bug_is_internal_and_says_nothing(address: str) -> None:
    """An exception that nobody foresaw is INTERNAL, and tells the caller nothing of the inside."""
    failure = _failure(address, incomplete(Request, head_evidence_digest="bug"))

    assert (grpc.StatusCode.INTERNAL, "INTERNAL") == (failure.code, failure.reason)
    assert "secret" not in failure.message


def test_error_in_the_middle_of_a_stream_is_not_its_end(address: str) -> None:
    """A stream that fails after its first message raises, and does not look complete."""
    with channel(address, token=TOKENS.of(Role.CLIENT)) as to_server:
        stub = gatekeeper_service_pb2_grpc.GatekeeperServiceStub(to_server)
        with pytest.raises(RemoteError, match="refused"), remote_errors():
            list(stub.GetDecision(incomplete(gatekeeper_service_pb2.GetDecisionRequest)))


def test_unreachable_server_is_said_to_be(tmp_path: Path) -> None:
    """A call to a server that is not there fails as unreachable."""
    assert _failure(f"unix:{tmp_path}/nothing", incomplete(Request)).unreachable


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


def _elements(count: int) -> contract_service_pb2.GetContractResponse:
    element = contract_service_pb2.ContractElement(
        name="a", kind=contract_service_pb2.ELEMENT_KIND_ENUM, digest="0123456789abcdef"
    )
    return contract_service_pb2.GetContractResponse(
        distribution="d", version="1", contract_digest="", elements=[element] * count
    )


@pytest.mark.parametrize("count", [2, 16, 17, 5000])
def test_unknown_fields_of_many_children_are_named_once(count: int) -> None:
    """Of many children with the same unknown field, the first one's path is named, whatever their number."""
    message = _elements(count)
    for element in message.elements:
        element.MergeFromString(b"\xf8\x7f\x01")
    message.elements[count - 1].MergeFromString(b"\xf0\x7f\x01")

    assert [
        ("elements[0].2047", "autopack.contract.v1.ContractElement", 2047),
        (f"elements[{count - 1}].2046", "autopack.contract.v1.ContractElement", 2046),
    ] == [(field.path, field.message, field.number) for field in unknown_fields(message)]


@pytest.mark.parametrize("count", [0, 1, 16, 17, 5000])
def test_known_fields_are_not_unknown(count: int) -> None:
    """A message of which every field is known has no unknown fields, with however many children."""
    assert () == unknown_fields(_elements(count))


def test_refusal_that_names_many_fields_is_short(address: str) -> None:
    """A request with hundreds of unknown fields is refused in full form, naming the first and counting the rest."""
    request = incomplete(Request)
    for number in range(100, 400):
        key = number << 3
        request.MergeFromString(bytes([key & 0x7F | 0x80, key >> 7, 1]))

    failure = _failure(address, request)

    assert (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_FIELDS", 20) == (
        failure.code,
        failure.reason,
        len(failure.violations),
    )
    assert "and 280 more" in failure.message


def test_refused_caller_is_told_both_contracts(address: str) -> None:
    """Who is refused learns the server's digest beside its own, whatever the reason."""
    request = incomplete(Request)
    request.MergeFromString(b"\xf8\x7f\x01")

    unknown, refused = (
        _failure(address, request),
        _failure(address, incomplete(Request, head_evidence_digest="refused")),
    )

    assert (contract_digest(), contract_digest()) == (unknown.server_contract, refused.server_contract)
    assert f"contract {contract_digest()} does not know (the caller's is {contract_digest()})" in unknown.message


def test_answered_caller_is_told_the_servers_contract(address: str) -> None:
    """An answer ends with the digest of the server's contract."""
    with channel(address, token=TOKENS.of(Role.EXECUTOR)) as to_server:
        stub = gatekeeper_service_pb2_grpc.GatekeeperServiceStub(to_server)
        _, call = stub.Decide.with_call(incomplete(Request))

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
    """Who has no token learns nothing of what there is."""
    assert grpc.StatusCode.UNAUTHENTICATED is _call_unknown_method(address, "x" * 40).code


@pytest.mark.parametrize("timeout", [None, float("inf"), float("nan")])
def test_no_call_goes_without_a_deadline(address: str, timeout: float | None) -> None:
    """A call that asks for no deadline, or for an endless one, gets the channel's."""
    with channel(address, token=TOKENS.of(Role.EXECUTOR), deadline_s=40) as to_server:
        stub = gatekeeper_service_pb2_grpc.GatekeeperServiceStub(to_server)
        answer = stub.Decide(incomplete(Request, head_evidence_digest="deadline"), timeout=timeout)

    assert 30 <= int(answer.decision_digest) <= 40


@pytest.mark.parametrize("deadline_s", [0, -1, float("inf"), float("nan")])
def test_channel_without_a_deadline_is_refused(address: str, deadline_s: float) -> None:
    """A channel whose calls would never end is not opened."""
    with pytest.raises(ValueError, match="needs an end"), channel(address, token="x", deadline_s=deadline_s):
        raise AssertionError("it was opened")


def _older_request() -> type[Message]:
    """CreateRunRequest as a contract without RunSpec.run_type and RunSpec.allowed_paths has it."""
    pool = descriptor_pool.DescriptorPool()

    def add(file: FileDescriptor) -> None:
        for dependency in file.dependencies:
            add(dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)
        for message in proto.message_type:
            if message.name == "RunSpec":
                kept = [field for field in message.field if field.name not in ("run_type", "allowed_paths")]
                del message.field[:]
                message.field.extend(kept)
                del message.oneof_decl[-1]
        pool.Add(proto)

    add(run_service_pb2.DESCRIPTOR)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("autopack.store.v1.CreateRunRequest"))


class Older(grpc.GenericRpcHandler):
    """The method CreateRun of a server with an older contract."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Message, bytes] | None":
        """The handler of one call."""
        if handler_call_details.method != "/autopack.store.v1.RunService/CreateRun":
            return None
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: b"", request_deserializer=_older_request().FromString
        )


def test_caller_names_what_an_older_server_cannot(tmp_path: Path) -> None:
    """The caller knows the fields by name that an older server knows by number only, and says so with the refusal."""
    spec = make_spec()
    request = run_service_pb2.CreateRunRequest(
        request_id="r", spec=run_spec_to_wire(spec), attempt=attempt_ref_to_wire(first_attempt())
    )
    request.spec.run_type = run_pb2.RUN_TYPE_REPAIR
    request.spec.allowed_paths.extend(["a", "b"])
    with (
        serving(
            f"unix:{tmp_path}/socket",
            {"autopack.store.v1.RunService": lambda server: server.add_generic_rpc_handlers((Older(),))},
            domain=DOMAIN,
            distribution="autopack-proto",
            errors={},
            access=Access(tokens=TOKENS, roles={}),
        ) as bound,
        channel(bound, token=TOKENS.of(Role.EXECUTOR)) as to_server,
        pytest.raises(RemoteError) as caught,
        remote_errors(),
    ):
        run_service_pb2_grpc.RunServiceStub(to_server).CreateRun(request)

    assert {
        f"spec.{name}": f"autopack.results.v1.RunSpec has no field {number}; the caller's contract calls it {name}"
        for number, name in ((10, "run_type"), (11, "allowed_paths"))
    } == caught.value.violations
    assert "the server does not know spec.run_type; the server does not know spec.allowed_paths" in caught.value.message


def test_name_that_nobody_knows_stays_a_number() -> None:
    """A path that the caller's contract does not know either, of a method it may not know, is left as it was."""
    method = "/autopack.store.v1.RunService/CreateRun"
    for path in ("spec.2047", "spec.nothing.1", "spec.run_id.1", "2047", "spec", "[0].1", ""):
        assert {path: "m has no field"} == named_fields(method, {path: "m has no field"})
    for unknown in ("", "/autopack.store.v1.RunService/Nothing", "/x"):
        assert {"spec.10": "m has no field"} == named_fields(unknown, {"spec.10": "m has no field"})


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
    failure = _failure(address, incomplete(Request, head_evidence_digest=kind, request_id=form))

    assert FORMS[form] == (failure.code, failure.reason)
    assert "begin" == failure.message[:5]
    assert "…" in failure.message


def test_cut_message_keeps_what_to_do(address: str) -> None:
    """A message is cut in its middle: its end says what to do. Subjects and violations are cut alike."""
    own, invalid = (
        _failure(address, incomplete(Request, head_evidence_digest="cyrillic", request_id=form))
        for form in ("own", "invalid")
    )

    assert ("begins жж", "жж; do this") == (own.message[:9], own.message[-11:])
    assert ("begins жж", "жж ends") == (own.subject[:9], own.subject[-7:])
    [(path, problem)] = invalid.violations.items()
    assert ("begin.жж", "begins жж", "жж ends") == (path[:8], problem[:9], problem[-7:])


def test_refusal_counts_the_violations_that_it_leaves_out(address: str) -> None:
    """Of many violations the first are told, and the number of the others."""
    failure = _failure(address, incomplete(Request, head_evidence_digest="ascii", request_id="violations"))
    *told, (path, problem) = failure.violations.items()

    assert ("…", f"and {500 - len(told)} more") == (path, problem)
    assert len(told) >= 1
    assert all(known.startswith("begin.a") and text.startswith("begins a") for known, text in told)


def test_short_texts_are_not_touched(address: str) -> None:
    """A message of a usual length arrives as it was."""
    failure = _failure(address, incomplete(Request, head_evidence_digest="refused"))

    assert (Refused.message, Refused.subject, {}) == (failure.message, failure.subject, failure.violations)


class Unreadable(grpc.GenericRpcHandler):
    """The method Decide of a server whose refusal comes with these details."""

    def __init__(self, details: bytes) -> None:
        self._details = details

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """The handler of one call."""

        def refuse(request: bytes, context: grpc.ServicerContext) -> bytes:
            context.set_trailing_metadata((("grpc-status-details-bin", self._details),))
            context.abort(grpc.StatusCode.NOT_FOUND, "there is none")

        return grpc.unary_unary_rpc_method_handler(refuse) if handler_call_details.method == DECIDE else None


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
    with serving(
        f"unix:{tmp_path}/socket",
        {SERVICE: lambda server: server.add_generic_rpc_handlers((Unreadable(details),))},
        domain=DOMAIN,
        distribution="autopack-proto",
        errors={},
        access=Access(tokens=TOKENS, roles={}),
    ) as bound:
        failure = _failure(bound, incomplete(Request))

    assert (grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "there is none", {}) == (
        failure.code,
        failure.reason,
        failure.message,
        failure.violations,
    )
