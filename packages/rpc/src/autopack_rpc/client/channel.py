"""A channel that proves its role, names its contract, has a deadline on every call, and asks again when it may."""

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

import grpc

from autopack_rpc.client.retrying import BRIEF, CHANNEL_OPTIONS, Patience, Repeatable, Repetition
from autopack_rpc.errors import note_method
from autopack_rpc.keepalive import CLIENT, Keepalive, client_options
from autopack_rpc.roles import credentials
from autopack_rpc.skew import contract
from autopack_rpc.stream_end import send_whole

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
CallT = TypeVar("CallT")

DEADLINE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Details(grpc.ClientCallDetails):
    method: str
    timeout: float
    metadata: tuple[tuple[str, str | bytes], ...] | None
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class _Caller(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Adds metadata and, where the caller gave none, the deadline; keeps the method's name with an error."""

    def __init__(self, token: str, deadline_s: float, patience: Patience, closing: threading.Event) -> None:
        self._credentials = credentials(token)
        self._deadline_s = deadline_s
        self._patience = patience
        self._closing = closing

    def _completed(self, details: grpc.ClientCallDetails) -> _Details:
        return _Details(
            method=details.method,
            timeout=self._deadline(details.timeout),
            metadata=(
                *(details.metadata or ()),
                self._credentials,
                (contract.METADATA_KEY, contract.contract_digest()),
            ),
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
            compression=details.compression,
        )

    def _deadline(self, timeout: float | None) -> float:
        return timeout if timeout is not None and math.isfinite(timeout) else self._deadline_s

    def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, RequestT], CallT],
        client_call_details: grpc.ClientCallDetails,
        request: RequestT,
    ) -> CallT:
        """Make one call, and make it again when it may be."""
        return self._repeated(lambda details: continuation(details, request), client_call_details)

    def intercept_unary_stream(
        self,
        continuation: Callable[[grpc.ClientCallDetails, RequestT], CallT],
        client_call_details: grpc.ClientCallDetails,
        request: RequestT,
    ) -> CallT:
        """Make one call, and make it again when it fails before its first answer."""
        details = self._completed(client_call_details)
        responses = _Responses(
            lambda details: cast(Iterator[object], continuation(details, request)), details, self._repetition(details)
        )
        return cast(CallT, responses)

    def intercept_stream_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Iterator[RequestT]], CallT],
        client_call_details: grpc.ClientCallDetails,
        request_iterator: Iterator[RequestT],
    ) -> CallT:
        """Make one call, and make it again when its parts can be made again."""

        def call(details: grpc.ClientCallDetails, parts: Iterator[RequestT]) -> CallT:
            return send_whole(lambda whole: continuation(details, whole), parts)

        if not isinstance(request_iterator, Repeatable):
            details = self._completed(client_call_details)
            return _noted(call(details, request_iterator), details.method)
        return self._repeated(lambda details: call(details, request_iterator.again()), client_call_details)

    def intercept_stream_stream(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Iterator[RequestT]], CallT],
        client_call_details: grpc.ClientCallDetails,
        request_iterator: Iterator[RequestT],
    ) -> CallT:
        """Complete the details of one call, which is made once."""
        return _noted(continuation(self._completed(client_call_details), request_iterator), client_call_details.method)

    def _repeated(
        self, call: Callable[[grpc.ClientCallDetails], CallT], client_call_details: grpc.ClientCallDetails
    ) -> CallT:
        details = self._completed(client_call_details)
        repetition = self._repetition(details)
        while True:
            answer = call(replace(details, timeout=repetition.remaining))
            if not isinstance(answer, grpc.Call) or not repetition.again(answer):
                return _noted(answer, details.method)

    def _repetition(self, details: _Details) -> Repetition:
        return Repetition(details.timeout, self._patience, self._closing)


class _Responses(Generic[ResponseT]):
    """The responses of a call, which is made again when it fails before the first of them."""

    def __init__(
        self, call: Callable[[grpc.ClientCallDetails], Iterator[ResponseT]], details: _Details, repetition: Repetition
    ) -> None:
        self._make = call
        self._details = details
        self._repetition = repetition
        self._call = self._made()
        self._begun = False

    def _made(self) -> Iterator[ResponseT]:
        call = self._make(replace(self._details, timeout=self._repetition.remaining))
        return _noted(call, self._details.method)

    def __iter__(self) -> "_Responses[ResponseT]":
        return self

    def __next__(self) -> ResponseT:
        while True:
            try:
                response = next(self._call)
            except grpc.RpcError as error:
                failed = _failed(error)
                if self._begun or failed is None or not self._repetition.again(failed):
                    raise
                self._call = self._made()
            else:
                self._begun = True
                return response

    def __getattr__(self, name: str) -> object:
        # Whatever else a call can be asked for (to cancel it, for its metadata), its last attempt is.
        return getattr(self._call, name)


def _failed(error: Exception) -> grpc.Call | None:
    return error if isinstance(error, grpc.Call) else None


def _noted(call: CallT, method: str) -> CallT:
    # A call that failed, or that can still fail while its responses are read, is the error that is raised then.
    if isinstance(call, grpc.RpcError):
        note_method(call, method)
    return call


@contextlib.contextmanager
def channel(
    address: str,
    *,
    token: str,
    deadline_s: float | None = None,
    patience: Patience = BRIEF,
    keepalive: Keepalive = CLIENT,
) -> Iterator[grpc.Channel]:
    """A channel to ``address`` for the holder of ``token``, closed on exit: calls are cut then, and not repeated.

    Calls without a finite time-out of their own get ``deadline_s`` seconds, which are DEADLINE_SECONDS and those of a
    ``patience`` that lasts for some when left out. Repetitions (``retrying``) count into them. Wrap calls in
    ``errors.remote_errors``. Raises ValueError when ``deadline_s`` is not a positive number of seconds.
    """
    if deadline_s is None:
        deadline_s = DEADLINE_SECONDS + (patience.seconds if patience.attempts is None else 0.0)
    if not 0 < deadline_s < math.inf:
        raise ValueError(f"deadline_s is {deadline_s}; every call needs an end")
    closing = threading.Event()
    options = [("grpc.enable_http_proxy", 0), *CHANNEL_OPTIONS, *client_options(address, keepalive)]
    with grpc.insecure_channel(address, options=options) as plain:
        try:
            yield grpc.intercept_channel(plain, _Caller(token, deadline_s, patience, closing))
        finally:
            closing.set()
