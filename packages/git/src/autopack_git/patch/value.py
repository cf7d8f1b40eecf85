"""What a patch became."""

from dataclasses import dataclass

from autopack_model.run.value import PatchFix
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPatch:
    """The commit that a patch became, the patch as it was applied, and what was mended in it, strictly ascending."""

    tree: Tree
    patch: bytes
    fixes: tuple[PatchFix, ...]
