"""What ``--patch-fix`` may mend in a patch: a lost last newline, and headers of hunks that count wrong."""

from dataclasses import dataclass

from autopack_git.errors import PatchUnreadable
from autopack_git.patch.hunks import Recounting
from autopack_git.patch.reader import read_patch
from autopack_git.patch.value import Part
from autopack_model.run.value import PatchFix


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A patch that can be read, what was mended in it, strictly ascending, and its parts.

    ``grown`` are the lines of headers that said fewer lines than there are. ``cut`` says that its last hunk had fewer
    lines than its header said: whether it is whole has to be proven.
    """

    patch: bytes
    fixes: tuple[PatchFix, ...]
    parts: tuple[Part, ...]
    grown: frozenset[int]
    cut: bool


def mended(patch: bytes) -> Mended:
    """``patch``, mended as far as it must be. Raises PatchUnreadable for what is not to be mended."""
    fixes = []
    if not patch.endswith(b"\n"):
        patch += b"\n"
        fixes.append(PatchFix.LAST_NEWLINE)
    recounting = Recounting()
    parts = read_patch(patch, recounting)
    if recounting.found:
        fixes.append(PatchFix.HUNK_COUNTS)
        pieces, end = [], 0
        for recount in recounting.found:
            pieces += [patch[end : recount.start], recount.header]
            end = recount.end
        patch = b"".join([*pieces, patch[end:]])
        parts = read_patch(patch)
    return Mended(patch=patch, fixes=tuple(fixes), parts=parts, grown=frozenset(recounting.grown), cut=recounting.cut)


def mendable(patch: bytes) -> bool:
    """Whether ``mended`` helps: it can be read then, and is not simply cut off."""
    try:
        return not mended(patch).cut
    except PatchUnreadable:
        return False
