"""Servers of the old shape: real gRPC servers, each with a mind of its own."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import grpc
from google.protobuf import json_format, struct_pb2
from grpc_status import rpc_status

from autopack_bridge.sending.client import METHODS, OldForm
from autopack_model.canonical import Json
from autopack_rpc.errors import ContractViolation, status_of

Behaviour: TypeAlias = Callable[[struct_pb2.Struct, grpc.ServicerContext], struct_pb2.Struct]
PLAIN, WRAPPED = METHODS[OldForm.PLAIN], METHODS[OldForm.WRAPPED]


class Calls(grpc.GenericRpcHandler):
    """Knows the methods of ``behaviours``, and keeps what was asked of it."""

    def __init__(self, behaviours: Mapping[str, Behaviour]) -> None:
        self.seen: list[tuple[str, Json]] = []
        self._behaviours = behaviours

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[struct_pb2.Struct, struct_pb2.Struct] | None":
        """The handler of one call."""
        method = handler_call_details.method
        behaviour = self._behaviours.get(method)
        if behaviour is None:
            self.seen.append((method, None))
            return None

        def answer(request: struct_pb2.Struct, context: grpc.ServicerContext) -> struct_pb2.Struct:
            self.seen.append((method, json_format.MessageToDict(request)))
            return behaviour(request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=struct_pb2.Struct.FromString,
            response_serializer=struct_pb2.Struct.SerializeToString,
        )

    @property
    def methods(self) -> list[str]:
        """The methods that were called, in order."""
        return [method for method, _ in self.seen]


@contextlib.contextmanager
def old_shape_server(folder: Path, behaviours: Mapping[str, Behaviour]) -> Iterator[tuple[str, Calls]]:
    """A server of the old shape with a socket in ``folder``; its address, and what was asked of it."""
    calls = Calls(behaviours)
    server = grpc.server(ThreadPoolExecutor(max_workers=1), handlers=[calls])
    address = f"unix:{folder}/old.sock"
    server.add_insecure_port(address)
    server.start()
    try:
        yield address, calls
    finally:
        server.stop(None).wait()


def accepting(_request: struct_pb2.Struct, _context: grpc.ServicerContext) -> struct_pb2.Struct:
    """Take what is submitted."""
    answer = struct_pb2.Struct()
    answer.update({"message": "recorded"})
    return answer


def refusing(code: grpc.StatusCode, *fields: str) -> Behaviour:
    """Refuse what is submitted, and complain of ``fields``."""

    def refuse(_request: struct_pb2.Struct, context: grpc.ServicerContext) -> struct_pb2.Struct:
        problem = ContractViolation(code, "REFUSED", "not like this", dict.fromkeys(fields, "field required"))
        status = status_of(problem, {}, "old.autopack")
        assert status is not None
        context.abort_with_status(rpc_status.to_status(status))

    return refuse
