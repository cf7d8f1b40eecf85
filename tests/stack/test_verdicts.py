"""What the stack decides is what embedded services decide."""

from pathlib import Path

import pytest

from dev.demo.sample_repository import CANDIDATES, SampleCandidate, create_sample_repository
from tests.real.independent import IndependentEnvironment
from tests.real.projects import BUILD_BACKENDS, PROJECTS
from tests.real.source_releases import BASE, HEAD, fetch_parts, make_repository
from tests.stack.gating import Gating


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository of the demo."""
    repository = tmp_path_factory.mktemp("sample") / "tally"
    create_sample_repository(repository)
    return repository


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.branch)
def test_the_stack_decides_as_embedded_services_do(gating: Gating, sample: Path, candidate: SampleCandidate) -> None:
    """Each candidate of the demo gets its verdict on the stack, with the reasons of an embedded gate."""
    revisions = ("--base", "main", "--head", candidate.branch)

    on_the_stack = gating.on_the_stack(sample, *revisions)

    assert candidate.verdict == on_the_stack.verdict
    assert candidate.code in {code for code, _ in on_the_stack.reasons}
    assert gating.embedded(sample, *revisions) == on_the_stack


def test_a_real_project_is_decided_as_embedded(gating: Gating, tmp_path: Path) -> None:
    """Two releases of cachetools, set up in the executor's container, come to the verdict of an embedded gate."""
    (project,) = (project for project in PROJECTS if project.name == "cachetools")
    python = IndependentEnvironment(tmp_path / "fetching", BUILD_BACKENDS).python
    base = fetch_parts(project.base, tmp_path / "base", python=python)
    head = fetch_parts(project.head, tmp_path / "head", python=python)
    repository = tmp_path / "repository"
    make_repository(repository, base, head)
    assert project.setup is not None
    options = ("--base", BASE, "--head", HEAD, "--setup", project.setup, "--", *project.arguments)

    on_the_stack = gating.on_the_stack(repository, *options)

    assert gating.embedded(repository, *options) == on_the_stack
