"""Gates of real projects. Each side's suite is also run without Autopack, and everything that follows is compared."""

from pathlib import Path

import pytest

from tests.e2e.gating import Gates, verdict
from tests.real.agreement import assert_agreement
from tests.real.bench import set_up
from tests.real.expected import changed_paths
from tests.real.independent import IndependentRun
from tests.real.projects import PROJECTS, SET_UP_PROJECTS, RealProject, SetUpProject, Tools
from tests.real.set_up_bench import SetUpBench, set_up_bench
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


@pytest.mark.parametrize("project", SET_UP_PROJECTS, ids=lambda project: project.name)
def test_gate_of_a_project_that_its_own_tools_set_up_agrees_with_independent_runs(
    project: SetUpProject, gates: Gates, tmp_path: Path, fetching_python: Path, tools: Tools
) -> None:
    """The gate sets each release up as its developers do, with the service and the folder of its tests, and agrees with
    two runs without Autopack; gated again, it measures the base no more and says the same.
    """
    bench = set_up_bench(project, tmp_path, fetching_python, tools)
    base, head = (_independent_run(bench, revision, tmp_path / revision) for revision in (BASE, HEAD))

    cold = bench.gate(gates)
    warm = bench.gate(gates)

    assert_agreement(cold, base, head, changed_paths(bench.base, bench.head), folder=project.folder)
    assert verdict(cold) == verdict(warm)
    assert [False, True] == [report.report.base is not None and report.report.base.reused for report in (cold, warm)]


def _independent_run(bench: SetUpBench, revision: str, place: Path) -> IndependentRun:
    checkout = bench.checkout(revision, place)
    checkout.make_environment()
    checkout.set_up(bench.tools)
    return checkout.independent_run()
