"""Sending a repository to an executor elsewhere."""

from dataclasses import replace
from pathlib import Path

from autopack_cli.messages import tell
from autopack_cli.pack_request import pack_request
from autopack_clients.executor import ExecutorClient
from autopack_git.repository import GitRepository
from autopack_git.scratch import scratch_directory
from autopack_model.gate_request.candidate import CommitCandidate, WorktreeCandidate
from autopack_model.gate_request.value import GateRequest


def send_repository(executor: ExecutorClient, request: GateRequest, path: Path, state: Path) -> GateRequest:
    """Send the history that ``request`` needs of the repository at ``path``; returns what to ask the executor for.

    ``state`` is a directory for temporary files. Raises BadRequest, GitFailed, RemoteError.
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
