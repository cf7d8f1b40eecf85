"""Which base a candidate has when none is named."""

from typing import Protocol

from autopack_git.errors import ShallowHistory, UnbornBranch, UnknownRevision
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.suite_run.value import Tree


class KnowsRevisions(Protocol):
    """A repository, as far as finding a base needs it."""

    def resolve(self, revision: str) -> Tree:
        """The commit and tree that ``revision`` names. Raises BadRequest."""

    def default_base(self, head: str, *, uncommitted: bool = False) -> Tree:
        """The merge-base of ``head`` with the default branch. Raises BadRequest."""


def default_base(repository: KnowsRevisions, request: GateRequest) -> Tree | None:
    """The base of a request that names none; None where there is none and none is needed. Raises BadRequest."""
    try:
        return _default_base(repository, request)
    except (UnknownRevision, ShallowHistory, UnbornBranch):
        if request.no_baseline:
            return None  # nothing is to be measured there; every file of head then counts as changed
        raise


def _default_base(repository: KnowsRevisions, request: GateRequest) -> Tree | None:
    match request.candidate:
        case CommitCandidate(revision=revision):
            return repository.default_base(revision)
        case PatchCandidate():
            return repository.resolve("HEAD")
        case WorktreeCandidate():
            try:
                return repository.default_base("HEAD", uncommitted=True)
            except UnbornBranch:
                return None
