"""A service behind a real server that does what its requests say, and calls of it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
import pytest

from autopack.gatekeeper.v1 import gatekeeper_service_pb2, gatekeeper_service_pb2_grpc
from autopack.results.v1 import decision_pb2
from autopack_model.errors import InvalidValue
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import ContractViolation, RemoteError, remote_errors
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import serving
from tests.fakes.incomplete import incomplete

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


@contextlib.contextmanager
def server(
    folder: Path,
    service: str,
    add: Callable[[grpc.Server], None],
    *,
    errors: Mapping[type[Exception], grpc.StatusCode],
    roles: Mapping[str, frozenset[Role]],
) -> Iterator[str]:
    """A server of the one ``service`` that ``add`` adds; yields its address, a socket in ``folder``."""
    with serving(
        f"unix:{folder}/socket",
        {service: add},
        domain=DOMAIN,
        distribution="autopack-proto",
        errors=errors,
        access=Access(tokens=TOKENS, roles=roles),
    ) as bound:
        yield bound


@contextlib.contextmanager
def scripted_server(folder: Path) -> Iterator[str]:
    """A server of the scripted service, which the executor alone may ask to decide; yields its address."""
    add = gatekeeper_service_pb2_grpc.add_GatekeeperServiceServicer_to_server
    with server(
        folder,
        SERVICE,
        lambda added: add(Scripted(), added),
        errors={Refused: grpc.StatusCode.FAILED_PRECONDITION},
        roles={DECIDE: frozenset({Role.EXECUTOR})},
    ) as bound:
        yield bound


def decide(address: str, request: Request, token: str = TOKENS.of(Role.EXECUTOR)) -> str:
    """The answer to a call of Decide. Raises RemoteError."""
    with channel(address, token=token) as to_server, remote_errors():
        return gatekeeper_service_pb2_grpc.GatekeeperServiceStub(to_server).Decide(request).decision_digest


def refusal(address: str, request: Request, token: str = TOKENS.of(Role.EXECUTOR)) -> RemoteError:
    """How a call of Decide fails."""
    with pytest.raises(RemoteError) as caught:
        decide(address, request, token)
    return caught.value
