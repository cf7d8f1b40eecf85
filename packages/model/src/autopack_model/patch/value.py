"""A patch that somebody announces."""

from dataclasses import dataclass

from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue

MAX_PATCH_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchUpload:
    """What the sender says of a patch: the digest of its bytes (``sha256:`` and hex), and their number.

    Raises InvalidValue.
    """

    digest: str
    size_bytes: int

    def __post_init__(self) -> None:
        check_digest(self.digest, "patch_digest")
        if not 1 <= self.size_bytes <= MAX_PATCH_BYTES:
            raise InvalidValue(
                "size_bytes",
                f"{self.size_bytes} is outside 1 to {MAX_PATCH_BYTES}; commit a larger change and gate the commit",
            )
