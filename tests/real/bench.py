"""A real project, ready to be gated and to be run without Autopack."""

import sys
from dataclasses import dataclass
from pathlib import Path

from autopack_clients.report import FullReport
from autopack_model.gate_request.candidate import CommitCandidate
from tests.e2e.gating import Gates
from tests.real.independent import IndependentEnvironment, IndependentRun
from tests.real.projects import RealProject
from tests.real.source_releases import fetch_parts, make_repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A project with its two releases as a repository, and an environment to run it in without Autopack."""

    project: RealProject
    base: Path
    head: Path
    repository: Path
    environment: IndependentEnvironment

    def independent_run(self, revision: str) -> IndependentRun:
        """The suite's outcomes at ``revision``, a branch, without Autopack."""
        return self.environment.run(
            self.repository, revision, installed=self.project.installed, arguments=self.project.arguments
        )

    def gate(self, gates: Gates, *, base: str, head: str) -> FullReport:
        """Gate branch ``head`` against branch ``base``."""
        return gates.gate(
            self.repository,
            base=base,
            candidate=CommitCandidate(revision=head),
            arguments=self.project.arguments,
            setup=self.project.setup,
            timeout_ms=300_000,
            interpreter=Path(sys.executable) if self.project.installed else self.environment.python,
        )


def set_up(project: RealProject, folder: Path, fetching_python: Path) -> Bench:
    """Fetch both releases of ``project`` and make everything that its tests need in ``folder``."""
    base = fetch_parts(project.base, folder / "base-release", python=fetching_python)
    head = fetch_parts(project.head, folder / "head-release", python=fetching_python)
    repository = folder / "repository"
    make_repository(repository, base, head)
    environment = IndependentEnvironment(folder / "independent", project.requirements)
    return Bench(project=project, base=base, head=head, repository=repository, environment=environment)
