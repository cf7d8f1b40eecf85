"""`OldServerClient`: the client of a server that still speaks the old shape.

Its bodies have no contract but ``google.protobuf.Struct``. The plain form goes to ``SubmitAuditorResult``; the wrapped
form goes to ``SubmitResult``, the only method of the servers that came before.
"""

import contextlib
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import grpc
from google.protobuf import struct_pb2

from autopack_model.canonical import Json
from autopack_model.errors import AutopackError
from autopack_rpc.errors import remote_error

DEADLINE_S = 60.0
MISSING_FIELD = "success"
"""The one field whose absence an old server may complain of without the result being refused for good."""


class OldForm(enum.Enum):
    """The form of a body: the result as it is, or wrapped as ``{"success": bool, "result": {...}}``."""

    PLAIN = "plain"
    WRAPPED = "wrapped"


METHODS: Mapping[OldForm, str] = {
    OldForm.PLAIN: "/autopack.legacy.ResultService/SubmitAuditorResult",
    OldForm.WRAPPED: "/autopack.legacy.ResultService/SubmitResult",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OldAnswer:
    """What an old server answered: the name of a gRPC status, a message, and the fields it complains of, ascending."""

    status: str
    message: str
    violations: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether the server took the result."""
        return self.status == "OK"

    @property
    def wants_wrapped(self) -> bool:
        """Whether the server knows the wrapped form only: it lacks the method of the plain one, or it misses the field
        ``success`` and nothing else.
        """
        if self.status == "UNIMPLEMENTED":
            return True
        return self.status == "INVALID_ARGUMENT" and self.violations == (MISSING_FIELD,)


class OldServerUnavailable(AutopackError):
    """The old server did not answer; nobody can tell whether it has the result."""

    reason = "OLD_SERVER_UNAVAILABLE"


class OldServerClient:
    """Submits results to one server of the old shape, each call once."""

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
                    f"the old server did not answer ({refusal.message}); check its address. If it runs there, ask it "
                    "whether it has the result before you send it again"
                ) from error
            return OldAnswer(
                status=refusal.code.name, message=refusal.message, violations=tuple(sorted(refusal.violations))
            )
        message = answer.fields["message"].string_value if "message" in answer.fields else ""
        return OldAnswer(status="OK", message=message, violations=())


@contextlib.contextmanager
def old_server(address: str) -> Iterator[OldServerClient]:
    """A client of the old server at ``address``, over a channel that never sends anything twice by itself."""
    options = [("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0)]
    with grpc.insecure_channel(address, options=options) as channel:
        yield OldServerClient(channel)
