"""Gates of real projects. Each side's suite is also run without Autopack, and everything that follows is compared."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from autopack_executor.domain.candidate import CommitCandidate
from autopack_executor.domain.report import RunReport
from autopack_results.delta import Category
from autopack_results.outcome import TestState
from tests.e2e.gating import Gates, codes
from tests.real.agreement import assert_agreement
from tests.real.expected import changed_paths
from tests.real.independent import IndependentEnvironment, IndependentRun
from tests.real.projects import PROJECTS, RealProject
from tests.real.source_releases import BASE, HEAD, commit, fetch, git, make_repository

pytestmark = pytest.mark.real


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

    def gate(self, gates: Gates, *, base: str, head: str) -> RunReport:
        """Gate branch ``head`` against branch ``base``."""
        return gates.gate(
            self.repository,
            base=base,
            candidate=CommitCandidate(revision=head),
            arguments=self.project.arguments,
            setup=self.project.setup,
            timeout_s=300,
            interpreter=Path(sys.executable) if self.project.installed else self.environment.python,
        )


def set_up(project: RealProject, folder: Path, fetching_python: Path) -> Bench:
    """Fetch both releases of ``project`` and make everything that its tests need in ``folder``."""
    base = fetch(project.base, folder / "base-release", python=fetching_python)
    head = fetch(project.head, folder / "head-release", python=fetching_python)
    repository = folder / "repository"
    make_repository(repository, base, head)
    environment = IndependentEnvironment(folder / "independent", project.requirements)
    return Bench(project=project, base=base, head=head, repository=repository, environment=environment)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_gate_of_consecutive_releases_agrees_with_independent_runs(
    project: RealProject, gates: Gates, tmp_path: Path, fetching_python: Path
) -> None:
    """Outcomes, categories, changed files and verdict are those that two runs without Autopack call for."""
    bench = set_up(project, tmp_path, fetching_python)

    report = bench.gate(gates, base=BASE, head=HEAD)

    assert_agreement(
        report,
        bench.independent_run(BASE),
        bench.independent_run(HEAD),
        changed_paths(bench.base, bench.head),
    )
