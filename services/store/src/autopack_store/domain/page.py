"""Pages of runs, newest first, that stay right while runs are added."""

import base64
import binascii
import json
from dataclasses import dataclass

from autopack_results.digest import digest_bytes
from autopack_results.errors import InvalidValue
from autopack_results.identity import check_run_id

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
_MAX_TOKEN = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page ended: the creation time (milliseconds since the epoch, UTC) and id of its last run."""

    created_at_ms: int
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which runs to list: at most ``size``, behind ``after``, of ``repository`` only unless it is empty."""

    size: int
    after: Position | None
    repository: str

    @staticmethod
    def of(size: int, token: str, repository: str) -> "Page":
        """The page that a caller asks for. Size 0 means DEFAULT_PAGE_SIZE. Raises InvalidValue for ``page_size`` and
        ``page_token``.
        """
        if not 0 <= size <= MAX_PAGE_SIZE:
            raise InvalidValue("page_size", f"{size} is outside 1 to {MAX_PAGE_SIZE}; 0 means {DEFAULT_PAGE_SIZE}")
        after = _read_token(token, repository) if token else None
        return Page(size=size or DEFAULT_PAGE_SIZE, after=after, repository=repository)

    def token_after(self, position: Position) -> str:
        """The token of the page behind ``position``."""
        document = [position.created_at_ms, position.run_id, _filter_mark(self.repository)]
        return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()


def _filter_mark(repository: str) -> str:
    return digest_bytes(repository.encode())[-16:]


def _read_token(token: str, repository: str) -> Position:
    if len(token) > _MAX_TOKEN:
        raise InvalidValue("page_token", f"has {len(token)} characters, more than any token of this store")
    try:
        document = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidValue("page_token", "is not a token of this store; give the previous next_page_token") from error
    match document:
        case [int(created_at_ms), str(run_id), str(mark)] if 0 <= created_at_ms < 1 << 63:
            if mark != _filter_mark(repository):
                raise InvalidValue("page_token", "belongs to a listing of another repository; start again without it")
            return Position(created_at_ms=created_at_ms, run_id=check_run_id(run_id, "page_token"))
    raise InvalidValue("page_token", "is not a token of this store; give the previous next_page_token")
