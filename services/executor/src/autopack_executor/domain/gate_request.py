"""What somebody asks the executor to gate."""

from dataclasses import dataclass
from pathlib import Path

from autopack_executor.domain.candidate import Candidate
from autopack_executor.domain.suite import TestCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """A request for one gate run. ``run_id`` and ``base`` are None when left to the executor.

    ``repository`` is an absolute path inside the repository.
    """

    run_id: str | None
    repository: Path
    base: str | None
    candidate: Candidate
    command: TestCommand
    without_baseline: bool
