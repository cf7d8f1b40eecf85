"""Who is calling: each service proves its role with a token of its own."""

import enum
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

METADATA_KEY = "authorization"
_SCHEME = "Bearer "


class Role(enum.Enum):
    """What a caller may do. A CLIENT is a person's command line or a platform."""

    CLIENT = "client"
    EXECUTOR = "executor"
    GATEKEEPER = "gatekeeper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The secret of each role, at least 16 characters each."""

    secrets: Mapping[Role, str]

    @staticmethod
    def generate() -> "Tokens":
        """Fresh random tokens for all roles."""
        return Tokens(secrets={role: secrets.token_urlsafe(32) for role in Role})

    def of(self, role: Role) -> str:
        """The token of ``role``. Raises KeyError when there is none."""
        return self.secrets[role]

    def identify(self, metadata: Iterable[tuple[str, str | bytes]]) -> Role | None:
        """The role whose token a call's metadata carries, or None. Compares in constant time."""
        given = next((value for key, value in metadata if key == METADATA_KEY), "")
        text = given.decode("ascii", "replace") if isinstance(given, bytes) else given
        if not text.startswith(_SCHEME):
            return None
        token = text.removeprefix(_SCHEME).encode()
        found: Role | None = None
        for role, secret in self.secrets.items():
            if hmac.compare_digest(token, secret.encode()):
                found = role
        return found


def credentials(token: str) -> tuple[str, str]:
    """The metadata entry that proves a role."""
    return (METADATA_KEY, _SCHEME + token)
