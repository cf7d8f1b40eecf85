"""The mutations that this process has done, so that asking twice does it once."""

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from autopack_model.errors import InvalidValue

MOST = 10_000


@dataclass(slots=True, kw_only=True)
class RequestMemory:
    """The answers of the last ``most`` mutations by request id, and the requests in progress. Safe between threads;
    ``condition`` is what a request waits for whose twin is in progress.
    """

    most: int = MOST
    condition: threading.Condition = field(default_factory=threading.Condition)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    _underway: dict[str, str] = field(default_factory=dict)

    def once(
        self, request_id: str, method: str, body: object, work: Callable[[], str], secret: bytes = b""
    ) -> tuple[str, bool]:
        """Do ``work`` and keep its answer, or give the answer that the request got before; and whether it is that.

        ``body`` is a value whose ``repr`` tells all of it but what is ``secret``. Nothing is kept of either but an HMAC
        under a key of this process. While the same request is in progress, this waits for its
        end. A request whose work raises is forgotten. Raises InvalidValue at once when the id came with another
        request, and what ``work`` raises. Other requests are not waited for.
        """
        fingerprint = self._fingerprint(method, body, secret)
        with self.condition:
            while (known := self._known(request_id)) is not None:
                if known != fingerprint:
                    raise InvalidValue(
                        "request_id",
                        f"{request_id!r} came before with another request; give every mutation an id of its own, and "
                        "repeat one only unchanged",
                    )
                if request_id in self._answers:
                    return self._answers[request_id][1], True
                self.condition.wait()
            self._underway[request_id] = fingerprint
        answer: str | None = None
        try:
            answer = work()
        finally:
            self._settle(request_id, answer)
        return answer, False

    def _known(self, request_id: str) -> str | None:
        answered = self._answers.get(request_id)
        return self._underway.get(request_id) if answered is None else answered[0]

    def _settle(self, request_id: str, answer: str | None) -> None:
        with self.condition:
            fingerprint = self._underway.pop(request_id)
            if answer is not None:
                self._answers[request_id] = (fingerprint, answer)
                while len(self._answers) > self.most:
                    del self._answers[next(iter(self._answers))]
            self.condition.notify_all()

    def _fingerprint(self, method: str, body: object, secret: bytes) -> str:
        told = f"{method} {body!r}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, told + b"\0" + secret, "sha256").hex()
