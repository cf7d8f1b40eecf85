"""What of a gate request only its repository can tell: which base it has, and whether there is anything to gate."""

from typing import Protocol

from autopack_git.errors import NothingToGate, ShallowHistory, UnbornBranch, UnknownRevision
from autopack_model.gate_request.candidate import Candidate, CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.suite_run.value import Tree


class KnowsRevisions(Protocol):
    """A repository, as far as finding a base needs it."""

    def resolve(self, revision: str) -> Tree:
        """The commit and tree that ``revision`` names. Raises BadRequest."""

    def default_base(self, head: str, *, uncommitted: bool = False) -> Tree:
        """The merge-base of ``head`` with the default branch. Raises BadRequest."""


def resolve_base(repository: KnowsRevisions, request: GateRequest) -> Tree | None:
    """The base that the request names, else its default base; None where there is none and none is needed.

    Raises BadRequest.
    """
    if request.base is not None:
        return repository.resolve(request.base)
    try:
        return _default_base(repository, request.candidate)
    except (UnknownRevision, ShallowHistory, UnbornBranch):
        if request.no_baseline:
            return None  # nothing is to be measured there; every file of head then counts as changed
        raise


def refuse_nothing(request: GateRequest, base: Tree | None, head: Tree) -> None:
    """Raise NothingToGate when the candidate changes nothing: a commit of the user's that is the base itself, or a
    patch or edits that leave the base's files as they are. A head that is to be judged alone may be the base.
    """
    if base is None or request.no_baseline:
        return
    by_commit = isinstance(request.candidate, CommitCandidate)
    same = base.revision == head.revision if by_commit else base.tree == head.tree
    if same:
        raise NothingToGate(
            f"base and head are the same ({base.revision[:12]}), so there is nothing to gate; name another --base or "
            "--head",
            subject=base.revision,
        )


def _default_base(repository: KnowsRevisions, candidate: Candidate) -> Tree | None:
    match candidate:
        case CommitCandidate(revision=revision):
            return repository.default_base(revision)
        case PatchCandidate():
            return repository.resolve("HEAD")
        case WorktreeCandidate():
            try:
                return repository.default_base("HEAD", uncommitted=True)
            except UnbornBranch:
                return None
