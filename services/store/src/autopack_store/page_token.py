"""Where a listing goes on, as text that only this store reads."""

import base64
import binascii
import json
from dataclasses import dataclass

from autopack_model.digest import digest_document
from autopack_model.errors import InvalidValue

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
_MAX_TOKEN = 512
_FOREIGN = "is not a token of this store; give the previous next_page_token"


def check_page_size(size: int) -> int:
    """``size``, or DEFAULT_PAGE_SIZE for 0. Raises InvalidValue for ``page_size``."""
    if not 0 <= size <= MAX_PAGE_SIZE:
        raise InvalidValue("page_size", f"{size} is outside 1 to {MAX_PAGE_SIZE}; 0 means {DEFAULT_PAGE_SIZE}")
    return size or DEFAULT_PAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenForm:
    """The tokens of one listing; ``mark`` tells them from those of others."""

    mark: str

    @staticmethod
    def of(*listing: str | int | None) -> "TokenForm":
        """The form of the tokens of ``listing``: what is listed, and every filter."""
        return TokenForm(mark=digest_document(list(listing))[-16:])

    def write(self, *position: str | int) -> str:
        """The token of the page behind ``position``."""
        document = json.dumps([*position, self.mark], separators=(",", ":"))
        return base64.urlsafe_b64encode(document.encode()).decode()

    def read(self, token: str) -> list[object]:
        """The position that ``write`` was given. Raises InvalidValue for ``page_token``."""
        if len(token) > _MAX_TOKEN:
            raise InvalidValue("page_token", f"has {len(token)} characters, more than any token of this store")
        try:
            document = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
        except (binascii.Error, ValueError) as error:
            raise InvalidValue("page_token", _FOREIGN) from error
        match document:
            case [*position, str(mark)]:
                if mark != self.mark:
                    raise InvalidValue("page_token", "belongs to a listing of something else; start again without it")
                return position
            case _:
                raise not_a_token()


def not_a_token() -> InvalidValue:
    """The error for a token whose position is not a position."""
    return InvalidValue("page_token", _FOREIGN)
