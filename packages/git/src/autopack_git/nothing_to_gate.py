"""Refuse a candidate that is the base itself."""

from autopack_git.errors import NothingToGate
from autopack_model.gate_request.candidate import Candidate, CommitCandidate
from autopack_model.suite_run.value import Tree


def refuse_nothing(candidate: Candidate, base: Tree | None, head: Tree) -> None:
    """Raise NothingToGate when ``head`` is ``base``; for what is no commit of the user's, when it has its files."""
    if base is None:
        return
    same = base.revision == head.revision if isinstance(candidate, CommitCandidate) else base.tree == head.tree
    if same:
        raise NothingToGate(
            f"base and head are the same ({base.revision[:12]}): nothing to gate; name another --base or --head",
            subject=base.revision,
        )
