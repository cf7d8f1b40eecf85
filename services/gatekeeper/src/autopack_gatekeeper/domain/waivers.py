"""Waivers: recorded exceptions to the policy. None can be granted yet; their place in every decision is kept."""

from typing import TypeAlias

from autopack_model.digest import digest_document

# The empty tuple only: a waiver that nothing honours must not be accepted.
Waivers: TypeAlias = tuple[()]

NO_WAIVERS: Waivers = ()


def waivers_digest(waivers: Waivers) -> str:
    """The digest of the waivers that a decision was derived from."""
    return digest_document({"schema": "autopack.waivers/1", "waivers": list(waivers)})
