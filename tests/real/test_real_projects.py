"""Gates of real projects. Each side's suite is also run without Autopack, and everything that follows is compared."""

from pathlib import Path

import pytest

from tests.e2e.gating import Gates
from tests.real.agreement import assert_agreement
from tests.real.bench import set_up
from tests.real.expected import changed_paths
from tests.real.projects import PROJECTS, RealProject
from tests.real.source_releases import BASE, HEAD

pytestmark = pytest.mark.real


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
