"""What every call passes through on a server: identity, contract, and errors in one shape."""

from __future__ import annotations  # grpc's handlers are generic for the type checker only

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import grpc
import structlog
from google.protobuf.message import Message
from grpc_status import rpc_status

from autopack_rpc import contract
from autopack_rpc.errors import ContractViolation, ErrorTable, internal_status, status_of
from autopack_rpc.roles import Role, Tokens
from autopack_rpc.unknown_fields import unknown_fields

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")

OPEN_PREFIXES = ("/grpc.health.v1.Health/",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may call what: ``roles`` by full method name (``/package.Service/Method``); methods that are not named are
    open to every known role.
    """

    tokens: Tokens
    roles: Mapping[str, frozenset[Role]]


class ServiceInterceptor(grpc.ServerInterceptor):
    """Checks the caller's role, refuses unknown fields, and answers every error as a ``google.rpc.Status``."""

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
        if handler is None or method.startswith(OPEN_PREFIXES):
            return handler
        return self._wrapped(handler, method)

    def _wrapped(
        self, handler: grpc.RpcMethodHandler[RequestT, ResponseT], method: str
    ) -> grpc.RpcMethodHandler[RequestT, ResponseT]:
        codecs = (handler.request_deserializer, handler.response_serializer)
        if unary_unary := handler.unary_unary:

            def answer(request: RequestT, context: grpc.ServicerContext) -> ResponseT:
                with self._guarded(context, method):
                    return unary_unary(self._checked(request, context), context)

            return grpc.unary_unary_rpc_method_handler(answer, *codecs)
        if unary_stream := handler.unary_stream:

            def answer_many(request: RequestT, context: grpc.ServicerContext) -> Iterator[ResponseT]:
                with self._guarded(context, method):
                    yield from unary_stream(self._checked(request, context), context)

            return grpc.unary_stream_rpc_method_handler(answer_many, *codecs)
        if stream_unary := handler.stream_unary:

            def answer_stream(requests: Iterator[RequestT], context: grpc.ServicerContext) -> ResponseT:
                with self._guarded(context, method):
                    return stream_unary((self._checked(request, context) for request in requests), context)

            return grpc.stream_unary_rpc_method_handler(answer_stream, *codecs)
        return handler

    @contextlib.contextmanager
    def _guarded(self, context: grpc.ServicerContext, method: str) -> Iterator[None]:
        try:
            self._authorise(context, method)
            yield
        except GeneratorExit:
            raise
        except Exception as error:  # noqa: BLE001 - every error becomes a status
            self._refuse(error, context, method)

    def _authorise(self, context: grpc.ServicerContext, method: str) -> None:
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

    def _checked(self, request: RequestT, context: grpc.ServicerContext) -> RequestT:
        unknown = unknown_fields(request) if isinstance(request, Message) else []
        if unknown:
            theirs = next(
                (str(value) for key, value in context.invocation_metadata() if key == contract.METADATA_KEY), "unknown"
            )
            raise ContractViolation(
                grpc.StatusCode.INVALID_ARGUMENT,
                "UNKNOWN_FIELDS",
                f"the request carries fields that this server's contract {contract.contract_digest()} does not know "
                f"(the caller's is {theirs}): {'; '.join(unknown)}; deploy the server that knows them first",
                {entry.partition(":")[0]: entry for entry in unknown},
            )
        return request

    def _refuse(self, error: Exception, context: grpc.ServicerContext, method: str) -> NoReturn:
        if context.code() is not None:  # type: ignore[attr-defined]  # set by abort(); the stubs leave it out
            raise error
        status = status_of(error, self._errors, self._domain)
        if status is None:
            self._log.error("call failed", method=method, exc_info=error)
            status = internal_status(self._domain)
        context.abort_with_status(rpc_status.to_status(status))
