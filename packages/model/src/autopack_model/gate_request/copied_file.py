"""Files that no commit holds, and that both sides get with the same bytes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from autopack_model.errors import InvalidValue
from autopack_model.file_path import check_file_path

MAX_COPIES = 1000
MAX_SENT_BYTES = 2 * 1024 * 1024
"""What one request may hold of all files together: it fits into one message."""

MAX_COPIED_BYTES = 64 * 1024 * 1024
"""What the executor takes of all files together from a checkout on its own machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedFile:
    """A file at ``path`` in the repository. ``content``, which may be secret, is None where the executor reads it from
    the user's checkout.
    """

    path: str
    content: bytes | None = field(repr=False)

    def __post_init__(self) -> None:
        check_file_path(self.path, "path")
        if self.path.split("/")[0] == ".git":
            raise InvalidValue("path", f"{self.path!r} belongs to git")


def check_sent(copies: Iterable[CopiedFile], path: str) -> None:
    """Raise InvalidValue when the contents are more than what one request may hold."""
    total = sum(len(copy.content or b"") for copy in copies)
    if total > MAX_SENT_BYTES:
        raise InvalidValue(
            path, f"have {total} bytes in all; at most {MAX_SENT_BYTES} can be sent. Let the setup command fetch them"
        )
