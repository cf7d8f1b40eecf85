"""Sending a repository to an executor on another machine: what only this repository knows is resolved here."""

from dataclasses import dataclass, replace
from pathlib import Path

from autopack_cli.messages import tell
from autopack_clients.executor import ExecutorClient
from autopack_git.configuration import folder_within
from autopack_git.repository import GitRepository
from autopack_git.resolution import refuse_nothing, resolve_base
from autopack_git.scratch import scratch_directory
from autopack_model.errors import BadRequest
from autopack_model.gate_request.candidate import CommitCandidate, PatchCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest
from autopack_model.suite_run.value import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRequest:
    """A request whose revisions are full object names, and the commits that it needs, at least one.

    Uncommitted edits have become a commit, which no branch keeps.
    """

    request: GateRequest
    commits: tuple[Tree, ...]


def send_repository(executor: ExecutorClient, request: GateRequest, path: Path, state: Path) -> GateRequest:
    """Send the history that ``request`` needs of the repository at ``path``; returns what to ask the executor for.

    ``state`` is a folder for temporary files. Raises BadRequest, GitFailed, RemoteError.
    """
    repository = GitRepository(path, state=state)
    packed = pack_request(repository, request)
    with scratch_directory(state) as scratch:
        bundle = scratch / "bundle"
        repository.write_bundle(packed.commits, bundle)
        size = bundle.stat().st_size
        tell(f"sending {size / 1024 / 1024:.1f} MiB of {repository.root} to the executor")
        digest = executor.upload(bundle)
    sent = packed.request.candidate
    if isinstance(request.candidate, WorktreeCandidate) and isinstance(sent, CommitCandidate):
        tell(f"the uncommitted edits are sent, and recorded, as commit {sent.revision}")
    return replace(packed.request, bundle_digest=digest)


def pack_request(repository: GitRepository, request: GateRequest) -> PackedRequest:
    """Resolve base and candidate. Raises BadRequest in all its kinds, GitFailed."""
    base = resolve_base(repository, request)
    named = replace(
        request,
        repository=repository.root,
        named_folder=folder_within(repository.root, request.repository or repository.root),
        base=None if base is None else base.revision,
        # Without a base there is no baseline, and the executor must not look for another one.
        no_baseline=request.no_baseline or base is None,
    )
    match request.candidate:
        case PatchCandidate():
            if base is None:
                raise BadRequest(
                    "a patch on nothing cannot be sent, because the repository has no commit; commit something first"
                )
            return PackedRequest(request=named, commits=(base,))
        case CommitCandidate(revision=revision):
            head = repository.resolve(revision)
        case WorktreeCandidate():
            head = repository.commit_edits()
    refuse_nothing(request, base, head)
    sent = replace(named, candidate=CommitCandidate(revision=head.revision))
    return PackedRequest(request=sent, commits=(head,) if base is None else (base, head))
