"""One set of embedded services for the tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gating import Gates, embedded_gates


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gates]:
    """Embedded services with an empty state directory."""
    with embedded_gates(tmp_path_factory.mktemp("home")) as embedded:
        yield embedded


@pytest.fixture(scope="session")
def sample_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository of the demo; tests must not change it."""
    from dev.demo.sample_repository import create_sample_repository

    root = tmp_path_factory.mktemp("sample") / "tally"
    create_sample_repository(root)
    return root
