"""The three forms in which a candidate is handed in."""

from dataclasses import dataclass
from typing import TypeAlias

from autopack_model.digest import check_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitCandidate:
    """A commit of the repository, named by any revision expression."""

    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchCandidate:
    """An uploaded patch, to be applied exactly and whole to the base. ``fix`` allows to restore a lost last newline and
    to count hunks anew. Raises InvalidValue.
    """

    digest: str
    fix: bool

    def __post_init__(self) -> None:
        check_digest(self.digest, "patch.patch_digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeCandidate:
    """The uncommitted edits of the user's checkout, untracked files included, ignored files not."""


Candidate: TypeAlias = CommitCandidate | PatchCandidate | WorktreeCandidate
