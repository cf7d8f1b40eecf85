"""The three forms in which a candidate is handed in."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitCandidate:
    """A commit of the repository, named by any revision expression."""

    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchCandidate:
    """A patch in git's or unified format, to be applied exactly to the base."""

    patch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeCandidate:
    """The uncommitted edits of the user's checkout, untracked files included, ignored files not."""


Candidate: TypeAlias = CommitCandidate | PatchCandidate | WorktreeCandidate
