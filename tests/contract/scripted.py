"""A service behind a real server that does what its requests say, and calls of it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
import pytest

from autopack.results.v1 import evidence_pb2
from autopack.store.v1 import evidence_service_pb2 as pb
from autopack.store.v1 import evidence_service_pb2_grpc
from autopack_model.errors import InvalidValue
from autopack_rpc.client.channel import channel
from autopack_rpc.errors import ContractViolation, RemoteError, remote_errors
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.interceptor import Access
from autopack_rpc.server.serving import serving
from tests.fakes.incomplete import incomplete

Request = pb.GetUploadRequest
SERVICE = "autopack.store.v1.EvidenceService"
METHOD = f"/{SERVICE}/GetUpload"
ANSWER = 7
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


class Scripted(evidence_service_pb2_grpc.EvidenceServiceServicer):
    """Does what the digest of the request says; its id says how a long text is put."""

    def GetUpload(self, request: Request, context: grpc.ServicerContext) -> pb.GetUploadResponse:
        """Answer, or fail in one of several ways."""
        match request.evidence_digest:
            case "invalid":
                raise InvalidValue("evidence_digest", "is not a digest")
            case "refused":
                raise Refused
            case "bug":
                raise ZeroDivisionError("a secret")
            case kind if kind in LONG:
                raise _long_error(request.request_id, LONG[kind])
            case "deadline":
                return incomplete(pb.GetUploadResponse, kept_chunks=round(context.time_remaining()))
            case _:
                return incomplete(pb.GetUploadResponse, kept_chunks=ANSWER)

    def UploadEvidence(
        self, request_iterator: Iterator[pb.UploadEvidenceRequest], context: grpc.ServicerContext
    ) -> pb.UploadEvidenceResponse:
        """Never called."""
        raise NotImplementedError

    def FindTestSet(self, request: pb.FindTestSetRequest, context: grpc.ServicerContext) -> pb.FindTestSetResponse:
        """Never called."""
        raise NotImplementedError

    def DownloadEvidence(
        self, request: pb.DownloadEvidenceRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.DownloadEvidenceResponse]:
        """One part, then an error."""
        yield pb.DownloadEvidenceResponse(chunk=evidence_pb2.EvidenceChunk(states=b"1"))
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
    """A server of the scripted service, which the executor alone may ask; yields its address."""
    add = evidence_service_pb2_grpc.add_EvidenceServiceServicer_to_server
    with server(
        folder,
        SERVICE,
        lambda added: add(Scripted(), added),
        errors={Refused: grpc.StatusCode.FAILED_PRECONDITION},
        roles={METHOD: frozenset({Role.EXECUTOR})},
    ) as bound:
        yield bound


def ask(address: str, request: Request, token: str = TOKENS.of(Role.EXECUTOR)) -> int:
    """The answer to a call of the scripted method. Raises RemoteError."""
    with channel(address, token=token) as to_server, remote_errors():
        return evidence_service_pb2_grpc.EvidenceServiceStub(to_server).GetUpload(request).kept_chunks


def refusal(address: str, request: Request, token: str = TOKENS.of(Role.EXECUTOR)) -> RemoteError:
    """How a call of the scripted method fails."""
    with pytest.raises(RemoteError) as caught:
        ask(address, request, token)
    return caught.value
