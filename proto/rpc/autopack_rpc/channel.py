"""A channel that proves its role, names its contract, and has a deadline on every call."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import grpc

from autopack_rpc import contract
from autopack_rpc.roles import credentials

RequestT = TypeVar("RequestT")
CallT = TypeVar("CallT")

DEADLINE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Details(grpc.ClientCallDetails):
    method: str
    timeout: float | None
    metadata: tuple[tuple[str, str | bytes], ...] | None
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class _Caller(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
):
    """Adds metadata and, where the caller gave none, the deadline."""

    def __init__(self, token: str, deadline_s: float) -> None:
        self._metadata = (credentials(token), (contract.METADATA_KEY, contract.contract_digest()))
        self._deadline_s = deadline_s

    def _completed(self, details: grpc.ClientCallDetails) -> _Details:
        return _Details(
            method=details.method,
            timeout=self._deadline_s if details.timeout is None else details.timeout,
            metadata=(*(details.metadata or ()), *self._metadata),
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
            compression=details.compression,
        )

    def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, RequestT], CallT],
        client_call_details: grpc.ClientCallDetails,
        request: RequestT,
    ) -> CallT:
        """Complete the details of one call."""
        return continuation(self._completed(client_call_details), request)

    def intercept_unary_stream(
        self,
        continuation: Callable[[grpc.ClientCallDetails, RequestT], CallT],
        client_call_details: grpc.ClientCallDetails,
        request: RequestT,
    ) -> CallT:
        """Complete the details of one call."""
        return continuation(self._completed(client_call_details), request)

    def intercept_stream_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Iterator[RequestT]], CallT],
        client_call_details: grpc.ClientCallDetails,
        request_iterator: Iterator[RequestT],
    ) -> CallT:
        """Complete the details of one call."""
        return continuation(self._completed(client_call_details), request_iterator)


@contextlib.contextmanager
def channel(address: str, *, token: str, deadline_s: float = DEADLINE_SECONDS) -> Iterator[grpc.Channel]:
    """A channel to ``address`` for the holder of ``token``, closed on exit.

    Calls without a time-out of their own get ``deadline_s`` seconds. Wrap calls in ``errors.remote_errors``.
    """
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as plain:
        yield grpc.intercept_channel(plain, _Caller(token, deadline_s))
