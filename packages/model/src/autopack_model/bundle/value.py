"""A git bundle that somebody announces."""

from dataclasses import dataclass

from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue

MAX_SIZE_BYTES = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleUpload:
    """What the sender says of a bundle: the digest of its bytes (``sha256:`` and hex), and their number.

    Raises InvalidValue.
    """

    digest: str
    size_bytes: int

    def __post_init__(self) -> None:
        check_digest(self.digest, "bundle_digest")
        if not 1 <= self.size_bytes <= MAX_SIZE_BYTES:
            raise InvalidValue("size_bytes", f"{self.size_bytes} is outside 1 to {MAX_SIZE_BYTES}")
