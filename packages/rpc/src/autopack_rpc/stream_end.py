"""A stream of requests is whole when its last message says so: ``StreamEnd``, which callers of ``channel`` send behind
their parts, and for which servers wait.

Nothing less proves it. When a caller cancels, or the connection is lost, the server's iterator of requests stops
without an error if it is read before grpc has noticed the cancellation: one broken stream in fifteen looked finished.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import grpc
from google.protobuf.message import Message

from autopack.results.v1.stream_pb2 import StreamEnd
from autopack_rpc.errors import ContractViolation

RequestT = TypeVar("RequestT")
CallT = TypeVar("CallT")

BROKE_OFF = "STREAM_BROKE_OFF"
"""The reason of a refusal because a stream of requests ended without its end. It may be sent again."""


class SourceFailed(Exception):
    """The parts of a stream could not be made; the cause says why."""


class _Sent(Iterator[RequestT], Generic[RequestT]):
    """The parts of a stream, and behind them its end. A caller who sends bytes says the end himself."""

    def __init__(self, parts: Iterator[RequestT]) -> None:
        self._parts = parts
        self._last: RequestT | None = None
        self._ended = False
        self.failure: BaseException | None = None

    def __next__(self) -> RequestT:
        if self._ended:
            raise StopIteration
        try:
            self._last = next(self._parts)
        except StopIteration:
            self._ended = True
            if not isinstance(self._last, Message):
                raise
            return type(self._last)(end=StreamEnd())
        except BaseException as error:
            self.failure = error
            # grpc cancels the call for an Exception. For anything else it would leave the call open to its deadline.
            raise SourceFailed from error
        return self._last


def send_whole(call: Callable[[Iterator[RequestT]], CallT], parts: Iterator[RequestT]) -> CallT:
    """Make the call with ``parts`` and the end behind them. When they raise, the call is cancelled, and unless it had
    succeeded by then, what they raised is raised.
    """
    sent = _Sent(parts)
    answer = call(sent)
    if sent.failure is not None and isinstance(answer, grpc.Call) and answer.code() is not grpc.StatusCode.OK:
        raise sent.failure
    return answer


def received_whole(requests: Iterator[RequestT]) -> Iterator[RequestT]:
    """The parts of a stream without its end.

    Raises ContractViolation when the stream breaks off or has no end, so that what came is never taken for all there
    is, and when messages follow the end.
    """
    try:
        for request in requests:
            if isinstance(request, Message) and request.WhichOneof("part") == "end":
                break
            yield request
        else:
            raise _broke_off()
    except grpc.RpcError as error:
        raise _broke_off() from error
    for _ in requests:
        problem = "follows the end of the stream; send 'end' last"
        raise ContractViolation(
            grpc.StatusCode.INVALID_ARGUMENT, "INVALID_VALUE", f"a message {problem}", {"part": problem}
        )


def _broke_off() -> ContractViolation:
    return ContractViolation(
        grpc.StatusCode.UNAVAILABLE,
        BROKE_OFF,
        "the stream of requests stopped before its last message, 'end', so it is not known to be whole; send it again",
        {},
    )
