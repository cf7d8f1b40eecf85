"""Call every RPC of the contract on the path, with an empty request. Run by ``world.py``, with a JSON object.

``addresses`` and ``tokens`` are those of services. Prints one line of JSON: what came of each call, by the RPC's full
name, and where the contract came from.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

import autopack
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import RemoteError, remote_errors

Json = dict[str, object]


def methods() -> Iterator[tuple[MethodDescriptor, Callable[[grpc.Channel], object]]]:
    """Every RPC of every service, and the class of its stub."""
    (folder,) = map(Path, autopack.__path__)
    for path in sorted(folder.glob("*/v1/*_service_pb2_grpc.py")):
        name = f"autopack/{path.relative_to(folder).as_posix().removesuffix('_pb2_grpc.py')}"
        stubs = import_module(f"{name.replace('/', '.')}_pb2_grpc")
        for service in descriptor_pool.Default().FindFileByName(f"{name}.proto").services_by_name.values():
            for method in service.methods:
                stub: Callable[[grpc.Channel], object] = getattr(stubs, f"{service.name}Stub")
                yield method, stub


def answer(stub: object, method: MethodDescriptor) -> Json:
    """What the server answers, how it refuses the call, or that the role of ``stub`` may not make it."""
    call: Callable[[object], Message | Iterator[Message]] = getattr(stub, method.name)
    request: Message = message_factory.GetMessageClass(method.input_type)()
    try:
        with remote_errors():
            given = call(iter([request]) if method.client_streaming else request)
            parts = [given] if isinstance(given, Message) else list(given)
    except RemoteError as error:
        return {
            "code": error.code.name,
            "reason": error.reason,
            "message": error.message,
            "violations": dict(error.violations),
        }
    return {"answer": [MessageToDict(part) for part in parts]}


def call(addresses: dict[str, str], tokens: dict[str, str]) -> dict[str, Json]:
    """What came of each call, in the first of the roles that may make it."""
    results: dict[str, Json] = {}
    with ExitStack() as stack:
        channels: dict[tuple[str, str], grpc.Channel] = {
            (service, role): stack.enter_context(channel(address, token=token))
            for service, address in addresses.items()
            for role, token in tokens.items()
        }
        for method, stub in methods():
            package = method.full_name.split(".")[1]
            service = package if package in addresses else "store"  # every service serves what is nobody's own
            for role in tokens:
                results[method.full_name] = answer(stub(channels[service, role]), method)
                if results[method.full_name].get("code") != grpc.StatusCode.PERMISSION_DENIED.name:
                    break
    return results


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    said = call(asked["addresses"], asked["tokens"])
    print(json.dumps({"results": said, "contract": list(autopack.__path__)}))
