"""Make a request of this machine one for an executor elsewhere: resolve here what only this repository knows."""

from dataclasses import dataclass, replace

from autopack_git.default_base import default_base
from autopack_git.nothing_to_gate import refuse_nothing
from autopack_git.repository import GitRepository
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRequest:
    """A request in which revisions are full object names, and the commits that it needs, at least one.

    Uncommitted edits have become a commit, which nothing but its name keeps.
    """

    request: GateRequest
    commits: tuple[Tree, ...]


def pack_request(repository: GitRepository, request: GateRequest) -> PackedRequest:
    """Resolve base and candidate. Raises BadRequest in all its kinds, GitFailed."""
    base = default_base(repository, request) if request.base is None else repository.resolve(request.base)
    named = replace(
        request,
        repository=repository.root,
        base=None if base is None else base.revision,
        # Without a base there is no baseline, and nobody there may look for another one.
        no_baseline=request.no_baseline or base is None,
    )
    match request.candidate:
        case PatchCandidate():
            if base is None:
                raise BadRequest("a patch on nothing cannot be sent: the repository has no commit; commit first")
            return PackedRequest(request=named, commits=(base,))
        case CommitCandidate(revision=revision):
            head = repository.resolve(revision)
        case WorktreeCandidate():
            head = repository.commit_edits()
    refuse_nothing(request.candidate, base, head)
    sent = replace(named, candidate=CommitCandidate(revision=head.revision))
    return PackedRequest(request=sent, commits=(head,) if base is None else (base, head))
