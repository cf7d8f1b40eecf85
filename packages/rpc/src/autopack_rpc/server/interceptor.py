"""What every call passes through on a server: identity, contract, and errors in one shape."""

from __future__ import annotations  # grpc's handlers are generic for the type checker only

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
import structlog
from google.protobuf.message import Message
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status

from autopack_rpc.client.retrying import NO_RETRY
from autopack_rpc.errors import (
    UNKNOWN_FIELDS,
    ContractViolation,
    ErrorTable,
    RemoteError,
    internal_status,
    status_of,
)
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.server.call_log import call_ids
from autopack_rpc.skew import contract
from autopack_rpc.skew.unknown_fields import unknown_fields
from autopack_rpc.stream_end import received_whole

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")

OPEN_PREFIXES = ("/grpc.health.v1.Health/",)
MAX_NAMED_FIELDS = 20
"""How many unknown fields a refusal names: what it says travels in headers, which are small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may call what: ``roles`` by full method name (``/package.Service/Method``); methods that are not named are
    open to every known role.
    """

    tokens: Tokens
    roles: Mapping[str, frozenset[Role]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


class ServiceInterceptor(grpc.ServerInterceptor):
    """Checks the caller's role, refuses unknown fields and unknown methods, answers every error as a
    ``google.rpc.Status``, says the contract's digest with every end of a call, and logs it in a line. Whatever is
    logged within a call names its method and the ids of its request.

    The digest is in the trailing metadata: initial metadata would commit the caller to a failed attempt, and end its
    retries.
    """

    def __init__(self, domain: str, errors: ErrorTable, access: Access) -> None:
        self._domain = domain
        self._errors = errors
        self._access = access
        self._log = structlog.get_logger(domain)

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[RequestT, ResponseT] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[RequestT, ResponseT] | None:
        """Wrap the handler of one call."""
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        if method.startswith(OPEN_PREFIXES):
            return handler
        return self._unknown(method) if handler is None else self._wrapped(handler, method)

    def _unknown(self, method: str) -> grpc.RpcMethodHandler[RequestT, ResponseT]:
        def refuse(requests: Iterator[RequestT], context: grpc.ServicerContext) -> Iterator[ResponseT]:
            with self._guarded(context, method):
                raise ContractViolation(
                    grpc.StatusCode.UNIMPLEMENTED,
                    "UNIMPLEMENTED",
                    f"{method}: this server's contract {contract.contract_digest()} has no such method (the caller's "
                    f"is {_callers_contract(context)}); upgrade the older of the two, 'autopack doctor' shows who "
                    "differs",
                    {},
                )

        return grpc.stream_stream_rpc_method_handler(refuse)

    def _wrapped(
        self, handler: grpc.RpcMethodHandler[RequestT, ResponseT], method: str
    ) -> grpc.RpcMethodHandler[RequestT, ResponseT]:
        codecs = (handler.request_deserializer, handler.response_serializer)
        if unary_unary := handler.unary_unary:

            def answer(request: RequestT, context: grpc.ServicerContext) -> ResponseT:
                with self._guarded(context, method):
                    return unary_unary(self._begun(request, context), context)

            return grpc.unary_unary_rpc_method_handler(answer, *codecs)
        if unary_stream := handler.unary_stream:

            def answer_many(request: RequestT, context: grpc.ServicerContext) -> Iterator[ResponseT]:
                with self._guarded(context, method):
                    yield from unary_stream(self._begun(request, context), context)

            return grpc.unary_stream_rpc_method_handler(answer_many, *codecs)
        if stream_unary := handler.stream_unary:

            def answer_stream(requests: Iterator[RequestT], context: grpc.ServicerContext) -> ResponseT:
                with self._guarded(context, method):
                    return stream_unary(received_whole(self._each(requests, context)), context)

            return grpc.stream_unary_rpc_method_handler(answer_stream, *codecs)
        if (stream_stream := handler.stream_stream) is None:
            raise TypeError(f"{method} has a handler of no known kind")

        def converse(requests: Iterator[RequestT], context: grpc.ServicerContext) -> Iterator[ResponseT]:
            with self._guarded(context, method):
                yield from stream_stream(self._each(requests, context), context)

        return grpc.stream_stream_rpc_method_handler(converse, *codecs)

    @contextlib.contextmanager
    def _guarded(self, context: grpc.ServicerContext, method: str) -> Iterator[None]:
        # gRPC runs each call in a context of its own: what is bound here is bound for this call alone.
        structlog.contextvars.bind_contextvars(method=method)
        begun, end = time.perf_counter(), _End()
        try:
            end.role = self._authorise(context, method).value
            context.set_trailing_metadata(((contract.METADATA_KEY, contract.contract_digest()),))
            yield
        except GeneratorExit:
            end.code = grpc.StatusCode.CANCELLED
            raise
        except Exception as error:
            self._fail(error, context, end)
            raise
        finally:
            self._log.info(
                "call",
                code=end.code.name,
                duration_ms=round((time.perf_counter() - begun) * 1000, 1),
                role=end.role,
                **end.problem,
            )

    def _authorise(self, context: grpc.ServicerContext, method: str) -> Role:
        role = self._access.tokens.identify(context.invocation_metadata())
        if role is None:
            raise ContractViolation(
                grpc.StatusCode.UNAUTHENTICATED,
                "UNAUTHENTICATED",
                f"{method}: no valid token; give the caller the token of its role",
                {},
            )
        allowed = self._access.roles.get(method)
        if allowed is not None and role not in allowed:
            names = ", ".join(sorted(entry.value for entry in allowed))
            raise ContractViolation(
                grpc.StatusCode.PERMISSION_DENIED,
                "PERMISSION_DENIED",
                f"{method}: the {role.value} may not call it; only: {names}",
                {},
            )
        return role

    def _each(self, requests: Iterator[RequestT], context: grpc.ServicerContext) -> Iterator[RequestT]:
        for request in requests:
            yield self._begun(request, context)
            break
        for request in requests:
            yield self._checked(request, context)

    def _begun(self, request: RequestT, context: grpc.ServicerContext) -> RequestT:
        """The first message of a call, which says what the call is about."""
        if isinstance(request, Message):
            structlog.contextvars.bind_contextvars(**call_ids(request))
        return self._checked(request, context)

    def _checked(self, request: RequestT, context: grpc.ServicerContext) -> RequestT:
        unknown = unknown_fields(request) if isinstance(request, Message) else ()
        if unknown:
            named = [str(field) for field in unknown[:MAX_NAMED_FIELDS]]
            if len(unknown) > MAX_NAMED_FIELDS:
                named.append(f"and {len(unknown) - MAX_NAMED_FIELDS} more")
            raise ContractViolation(
                grpc.StatusCode.INVALID_ARGUMENT,
                UNKNOWN_FIELDS,
                f"the request carries fields that this server's contract {contract.contract_digest()} does not know "
                f"(the caller's is {_callers_contract(context)}): {'; '.join(named)}; upgrade the server first",
                {field.path: f"{field.message} has no field {field.number}" for field in unknown[:MAX_NAMED_FIELDS]},
            )
        return request

    def _fail(self, error: Exception, context: grpc.ServicerContext, end: _End) -> None:
        """Answer with the status that stands for ``error``, unless an answer was given or nobody waits for one: then it
        has to be raised again. Says in ``end`` what came of the call.
        """
        code: grpc.StatusCode | None = context.code()  # type: ignore[attr-defined]  # set by abort(); not in the stubs
        if code is not None:
            end.code = code
            return
        if _broken_off(error):
            end.code, end.problem = grpc.StatusCode.CANCELLED, {"problem": "the caller broke it off"}
            return
        status = status_of(error, self._errors, self._domain)
        if status is None:
            self._log.error("call failed", exc_info=error)
            status = internal_status(self._domain)
        refusal = _refusal(status, error)
        end.code, end.problem = refusal.code, {"problem": status.message}
        context.abort_with_status(refusal)


@dataclass(slots=True)
class _End:
    """What came of a call: who made it, its code, and why, if there is more to say."""

    role: str = "unknown"
    code: grpc.StatusCode = grpc.StatusCode.OK
    problem: Mapping[str, str] = field(default_factory=dict)


def _broken_off(error: Exception) -> bool:
    """Whether the caller went away while its messages were read. What a call of ours comes to is a ``grpc.Call``."""
    return isinstance(error, grpc.RpcError) and not isinstance(error, grpc.Call)


def _refusal(status: status_pb2.Status, error: BaseException) -> _Refusal:
    plain = rpc_status.to_status(status)
    metadata = [*(plain.trailing_metadata or ()), (contract.METADATA_KEY, contract.contract_digest())]
    if status.code == code_pb2.UNAVAILABLE and _asked_again(error):
        metadata.append(NO_RETRY)
    return _Refusal(code=plain.code, details=plain.details, trailing_metadata=tuple(metadata))


def _asked_again(error: BaseException) -> bool:
    """Whether another service failed behind this one: its channel asked again already, so that a caller who counts
    attempts need not.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, RemoteError):
        cause = cause.__cause__
    return cause is not None


def _callers_contract(context: grpc.ServicerContext) -> str:
    metadata = context.invocation_metadata()
    return next((str(value) for key, value in metadata if key == contract.METADATA_KEY), contract.UNKNOWN)
