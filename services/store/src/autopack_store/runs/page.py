"""Pages of runs, newest first, that stay right while runs are added."""

from dataclasses import dataclass

from autopack_model.decision.value import Verdict
from autopack_model.errors import InvalidValue
from autopack_model.identity.value import check_run_id
from autopack_store.page_token import TokenForm, check_page_size, not_a_token

MAX_TIME_MS = (1 << 53) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page ended: the creation time (milliseconds since the epoch, UTC) and id of its last run."""

    created_at_ms: int
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs are meant: of ``repository`` (of all, when empty), whose newest decision has ``verdict``, created at
    ``created_from_ms`` or later and before ``created_before_ms`` (milliseconds since the epoch, UTC). None is any.

    Raises InvalidValue for a time that is none.
    """

    repository: str = ""
    verdict: Verdict | None = None
    created_from_ms: int | None = None
    created_before_ms: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("created_from_ms", self.created_from_ms), ("created_before_ms", self.created_before_ms)):
            if value is not None and not 0 <= value <= MAX_TIME_MS:
                raise InvalidValue(name, f"{value} is not a time: give milliseconds since the epoch")

    @property
    def tokens(self) -> TokenForm:
        """The form of the tokens of this listing."""
        return TokenForm.of("runs", self.repository, self.verdict, self.created_from_ms, self.created_before_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which runs to list: at most ``size`` of those that ``only`` lets through, behind ``after``."""

    size: int
    after: Position | None
    only: RunFilter

    @staticmethod
    def of(size: int, token: str, only: RunFilter) -> "Page":
        """The page that a caller asks for. Size 0 means the usual. Raises InvalidValue for ``page_size`` and
        ``page_token``.
        """
        return Page(size=check_page_size(size), after=_position(only.tokens.read(token)) if token else None, only=only)

    def token_after(self, position: Position) -> str:
        """The token of the page behind ``position``."""
        return self.only.tokens.write(position.created_at_ms, position.run_id)


def _position(read: list[object]) -> Position:
    match read:
        case [int(created_at_ms), str(run_id)] if 0 <= created_at_ms < 1 << 63:
            return Position(created_at_ms=created_at_ms, run_id=check_run_id(run_id, "page_token"))
    raise not_a_token()
