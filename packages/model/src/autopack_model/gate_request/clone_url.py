"""The URLs that an executor clones from."""

import re
from collections.abc import Iterable

from autopack_model.errors import InvalidValue
from autopack_model.run.value import is_url

MAX_URL = 4096
SCHEMES = ("https", "ssh", "git", "file")

_PLAIN = re.compile(r"[!-~]+")
# What a server, a library or the file system may read as another path than the one that is compared.
_DEVIOUS = re.compile(r"//|/\.{1,2}(?:/|$)|\\|%2[ef]|%5c", re.IGNORECASE)


def check_clone_url(value: str, path: str) -> str:
    """Return ``value`` when it is a URL of one of ``SCHEMES`` with nothing secret in it and only one reading.

    The message never repeats the value, which may hold a secret. Raises InvalidValue.
    """
    scheme, separator, rest = value.partition("://")
    if not 1 <= len(value) <= MAX_URL or not separator or scheme not in SCHEMES:
        known = ", ".join(f"{known}://" for known in SCHEMES)
        raise InvalidValue(path, f"is not a URL of 1 to {MAX_URL} characters that begins with one of {known}")
    user, at, _ = rest.partition("/")[0].rpartition("@")
    if ":" in user or (at and scheme != "ssh"):
        raise InvalidValue(
            path,
            "holds a user or password, which would be recorded; leave it out, and give the executor's machine a "
            "credential helper or key",
        )
    if not is_url(value) or _PLAIN.fullmatch(value) is None:
        raise InvalidValue(path, f"is not {scheme}://host/path in printable ASCII characters")
    if rest.startswith("-") or _DEVIOUS.search(rest) or "?" in rest or "#" in rest:
        raise InvalidValue(
            path, "holds a query, a fragment, or a part that can be read in two ways ('..', '//', '\\', '%2e', '%2f')"
        )
    return value


def is_allowed(url: str, prefixes: Iterable[str]) -> bool:
    """Whether ``url`` lies at or below one of ``prefixes``, which are compared by whole parts of the path."""
    return any(url == prefix or url.startswith(f"{prefix.rstrip('/')}/") for prefix in prefixes)
