"""The services that gate, and the pip that fetches."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gating import Gates, embedded_gates
from tests.real.independent import IndependentEnvironment
from tests.real.projects import BUILD_BACKENDS, Tools
from tests.real.set_up_bench import make_tools


@pytest.fixture(scope="session")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    """Embedded services with an empty state directory, so that nothing was measured before."""
    with embedded_gates(tmp_path_factory.mktemp("home")) as embedded:
        yield embedded


@pytest.fixture(scope="session")
def fetching_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose pip has the build backends of all projects."""
    return IndependentEnvironment(tmp_path_factory.mktemp("fetching"), BUILD_BACKENDS).python


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """The programs that set projects up."""
    return make_tools(tmp_path_factory.mktemp("tools"))
