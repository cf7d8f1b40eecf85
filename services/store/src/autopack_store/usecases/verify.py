"""Check everything that is stored."""

from collections.abc import Iterator

from autopack_store.ports import Checked, Verification


def verify(verification: Verification, since_ms: int) -> Iterator[Checked]:
    """What was recorded since ``since_ms``, part by part, with what is wrong with it. Raises StorageError."""
    return verification.checked(since_ms)
