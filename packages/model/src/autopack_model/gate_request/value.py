"""What somebody asks the executor to gate."""

from dataclasses import dataclass
from pathlib import Path

from autopack_model.digest import check_digest
from autopack_model.errors import InvalidValue
from autopack_model.gate_request.candidate import Candidate, WorktreeCandidate
from autopack_model.gate_request.clone_url import check_clone_url
from autopack_model.gate_request.test_command import TestCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """A request for one gate run. ``run_id`` and ``base`` are None when left to the executor. ``fresh_base`` wants the
    base measured, though a baseline is stored.

    The repository is one of three: the one at ``repository``, an absolute path inside it on the executor's machine;
    the one in the bundle with ``bundle_digest``, which ``repository`` (a path on its sender's machine) only names; or
    the one at ``clone_url``, and then ``repository`` is None. Raises InvalidValue for any other combination.
    """

    run_id: str | None
    repository: Path | None
    base: str | None
    candidate: Candidate
    command: TestCommand
    no_baseline: bool
    clone_url: str | None = None
    bundle_digest: str | None = None
    fresh_base: bool = False

    def __post_init__(self) -> None:
        if self.fresh_base and self.no_baseline:
            raise InvalidValue("fresh_base", "is given together with no_baseline, which measures no base")
        if self.clone_url is not None:
            check_clone_url(self.clone_url, "clone_url")
            if self.bundle_digest is not None:
                raise InvalidValue("clone_url", "is given together with bundle_digest; name one of them")
            if self.repository is not None:
                raise InvalidValue("repository", "is given together with clone_url; name one of them")
        elif self.repository is None:
            raise InvalidValue("repository", "is not given, and neither is clone_url; name one of them")
        if self.bundle_digest is not None:
            check_digest(self.bundle_digest, "bundle_digest")
        if isinstance(self.candidate, WorktreeCandidate) and not self.mounted:
            field = "clone_url" if self.clone_url is not None else "bundle_digest"
            raise InvalidValue(field, "is given together with worktree, which is a checkout on the executor's machine")

    @property
    def mounted(self) -> bool:
        """Whether the repository lies on the executor's machine."""
        return self.clone_url is None and self.bundle_digest is None
