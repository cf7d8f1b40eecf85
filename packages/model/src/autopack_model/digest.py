"""Content addresses: SHA-256 over bytes, or over the canonical JSON (RFC 8785) of a document."""

import hashlib
import hmac
import re

from autopack_model.canonical import Json, canonical_json
from autopack_model.errors import InvalidValue


def digest_bytes(data: bytes) -> str:
    """``sha256:`` and the hex SHA-256 of ``data``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_document(value: Json) -> str:
    """The digest of a JSON value in its canonical form."""
    return digest_bytes(canonical_json(value))


KEYED_DIGEST_PATTERN = re.compile(r"hmac-sha256:[0-9a-f]{64}")


def keyed_digest(key: bytes, data: bytes) -> str:
    """``hmac-sha256:`` and the hex HMAC of ``data``: who lacks the ``key`` cannot try what the data may be."""
    return f"hmac-sha256:{hmac.digest(key, data, 'sha256').hex()}"


def check_keyed_digest(value: str, path: str) -> str:
    """Return ``value`` when it is what ``keyed_digest`` makes. Raises InvalidValue."""
    if KEYED_DIGEST_PATTERN.fullmatch(value) is None:
        raise InvalidValue(
            path, f"{value[:80]!r} is not a keyed digest; expected 'hmac-sha256:' and 64 lower-case hex digits"
        )
    return value


DIGEST_PATTERN = re.compile(r"sha256:[0-9a-f]{64}")


def check_digest(value: str, path: str) -> str:
    """Return ``value`` when it is a digest (``sha256:`` and 64 lower-case hex digits); raise InvalidValue otherwise."""
    if DIGEST_PATTERN.fullmatch(value) is None:
        raise InvalidValue(path, f"{value[:80]!r} is not a digest; expected 'sha256:' and 64 lower-case hex digits")
    return value
