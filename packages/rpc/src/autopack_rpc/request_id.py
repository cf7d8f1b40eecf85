"""The identity of a mutation, so that asking twice does it once."""

import re
import secrets

from autopack_model.errors import InvalidValue

_PATTERN = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def new_request_id() -> str:
    """A fresh request id."""
    return secrets.token_hex(16)


def check_request_id(value: str) -> str:
    """Return ``value`` when it is a request id (1 to 64 of letters, digits and ``._:-``). Raises InvalidValue."""
    if _PATTERN.fullmatch(value) is None:
        raise InvalidValue(
            "request_id", f"{value[:80]!r} is not valid; use 1 to 64 letters, digits, '.', '_', ':', '-'"
        )
    return value
