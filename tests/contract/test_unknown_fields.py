"""A field that the server does not know is refused, and named by whoever knows its name."""

from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message

from autopack.contract.v1 import contract_service_pb2
from autopack.gatekeeper.v1 import gatekeeper_service_pb2
from autopack.store.v1 import run_service_pb2, run_service_pb2_grpc
from autopack_model.identity.wire import attempt_ref_to_wire
from autopack_model.run.wire import run_spec_to_wire
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors
from autopack_rpc.roles import Role
from autopack_rpc.skew.naming import named_fields
from autopack_rpc.skew.unknown_fields import unknown_fields
from tests.contract.scripted import (
    TOKENS,
    Request,
    refusal,
    server,
)
from tests.fakes.incomplete import incomplete
from tests.fakes.store import first_attempt, make_spec

RUNS = "autopack.store.v1.RunService"


def test_unknown_field_is_refused_by_name(address: str) -> None:
    """A request with a field that the contract does not know is refused, naming message and field number."""
    request = incomplete(Request)
    request.MergeFromString(b"\xf8\x7f\x01")

    failure = refusal(address, request)

    assert (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_FIELDS") == (failure.code, failure.reason)
    assert {"2047": "autopack.store.v1.GetUploadRequest has no field 2047"} == failure.violations
    assert "autopack.store.v1.GetUploadRequest has no field 2047" in failure.message


def test_unknown_field_deep_inside_is_refused() -> None:
    """An unknown field of a nested message is refused with its path."""
    request = incomplete(gatekeeper_service_pb2.ConcludeRequest)
    request.attempt.MergeFromString(b"\xf8\x7f\x01")

    assert [("attempt.2047", "autopack.results.v1.AttemptRef")] == [
        (field.path, field.message) for field in unknown_fields(request)
    ]


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

    failure = refusal(address, request)

    assert (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_FIELDS", 20) == (
        failure.code,
        failure.reason,
        len(failure.violations),
    )
    assert "and 280 more" in failure.message


def _older_request() -> type[Message]:
    """CreateRunRequest as a contract without RunSpec.copies and RunSpec.after_side has it."""
    pool = descriptor_pool.DescriptorPool()

    def add(file: FileDescriptor) -> None:
        for dependency in file.dependencies:
            add(dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(proto)
        for message in proto.message_type:
            if message.name == "RunSpec":
                kept = [field for field in message.field if field.name not in ("copies", "after_side")]
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
        if handler_call_details.method != f"/{RUNS}/CreateRun":
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
    request.spec.copies.extend(["a", "b"])
    request.spec.after_side = "stop"
    with (
        server(tmp_path, RUNS, lambda added: added.add_generic_rpc_handlers((Older(),)), errors={}, roles={}) as bound,
        channel(bound, token=TOKENS.of(Role.EXECUTOR)) as to_server,
        pytest.raises(RemoteError) as caught,
        remote_errors(),
    ):
        run_service_pb2_grpc.RunServiceStub(to_server).CreateRun(request)

    assert {
        f"spec.{name}": f"autopack.results.v1.RunSpec has no field {number}; the caller's contract calls it {name}"
        for number, name in ((16, "copies"), (18, "after_side"))
    } == caught.value.violations
    assert "the server does not know spec.copies; the server does not know spec.after_side" in caught.value.message


def test_name_that_nobody_knows_stays_a_number() -> None:
    """A path that the caller's contract does not know either, of a method it may not know, is left as it was."""
    method = "/autopack.store.v1.RunService/CreateRun"
    for path in ("spec.2047", "spec.nothing.1", "spec.run_id.1", "2047", "spec", "[0].1", ""):
        assert {path: "m has no field"} == named_fields(method, {path: "m has no field"})
    for unknown in ("", "/autopack.store.v1.RunService/Nothing", "/x"):
        assert {"spec.10": "m has no field"} == named_fields(unknown, {"spec.10": "m has no field"})
