"""The mutations that this process has done, so that asking twice does it once."""

import hashlib
from dataclasses import dataclass, field

from autopack_results.errors import InvalidValue

MOST = 10_000


@dataclass(slots=True, kw_only=True)
class RequestMemory:
    """The answers of the last ``most`` mutations by request id. A caller holds a lock from ``first`` to ``keep``."""

    most: int = MOST
    _answers: dict[str, tuple[str, str]] = field(default_factory=dict)

    def first(self, request_id: str, method: str, body: object) -> str | None:
        """The answer that the request got before, if it came before.

        ``body`` is a value whose ``repr`` tells all of it. Raises InvalidValue when the id came with another body.
        """
        known = self._answers.get(request_id)
        if known is None:
            return None
        fingerprint, answer = known
        if fingerprint != _fingerprint(method, body):
            raise InvalidValue(
                "request_id",
                f"{request_id!r} came before with another request; give every mutation an id of its own, and repeat "
                "one only unchanged",
            )
        return answer

    def keep(self, request_id: str, method: str, body: object, answer: str) -> None:
        """Keep the answer of a request that is new; the oldest one may be forgotten for it."""
        self._answers[request_id] = (_fingerprint(method, body), answer)
        while len(self._answers) > self.most:
            del self._answers[next(iter(self._answers))]


def _fingerprint(method: str, body: object) -> str:
    return hashlib.sha256(f"{method} {body!r}".encode("utf-8", "surrogatepass")).hexdigest()
