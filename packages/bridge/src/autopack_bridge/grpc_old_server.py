"""`GrpcOldServer`: a server of the old shape, over gRPC; bodies have no contract but ``google.protobuf.Struct``.

The plain form goes to ``SubmitAuditorResult``, the wrapped one to ``SubmitResult``, the method that servers had before
there was another.
"""

import contextlib
from collections.abc import Iterator, Mapping

import grpc
from google.protobuf import struct_pb2

from autopack_bridge.old_server import OldAnswer, OldForm, OldServerUnavailable
from autopack_model.canonical import Json
from autopack_rpc.errors import remote_error

METHODS: Mapping[OldForm, str] = {
    OldForm.PLAIN: "/autopack.legacy.ResultService/SubmitAuditorResult",
    OldForm.WRAPPED: "/autopack.legacy.ResultService/SubmitResult",
}
DEADLINE_S = 60.0


class GrpcOldServer:
    """A server that still speaks the old shape."""

    def __init__(self, channel: grpc.Channel, *, deadline_s: float = DEADLINE_S) -> None:
        """``channel`` must not send a call again by itself: an old server cannot tell that it is the same one."""
        self._deadline_s = deadline_s
        self._submit = {
            form: channel.unary_unary(
                method,
                request_serializer=struct_pb2.Struct.SerializeToString,
                response_deserializer=struct_pb2.Struct.FromString,
            )
            for form, method in METHODS.items()
        }

    def submit(self, form: OldForm, body: Mapping[str, Json]) -> OldAnswer:
        """Send ``body`` once and return what the server says. Raises OldServerUnavailable."""
        request = struct_pb2.Struct()
        request.update(body)
        try:
            answer = self._submit[form](request, timeout=self._deadline_s)
        except grpc.RpcError as error:
            refusal = remote_error(error)
            if refusal.unreachable:
                raise OldServerUnavailable(
                    f"the old server did not answer ({refusal.message}); ask it whether it has the result before "
                    "sending it again",
                ) from error
            return OldAnswer(
                status=refusal.code.name, message=refusal.message, violations=tuple(sorted(refusal.violations))
            )
        message = answer.fields["message"].string_value if "message" in answer.fields else ""
        return OldAnswer(status="OK", message=message, violations=())


@contextlib.contextmanager
def old_server(address: str) -> Iterator[GrpcOldServer]:
    """The old server at ``address``, over a channel that never sends anything twice by itself."""
    options = [("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0)]
    with grpc.insecure_channel(address, options=options) as channel:
        yield GrpcOldServer(channel)
