"""What several of these tests stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.scripted import scripted_server
from tests.contract.store_server import StoreServer, store_server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    """A store for a module's tests, each of which starts runs of its own in it."""
    with store_server(tmp_path_factory.mktemp("store")) as server:
        yield server


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server of the scripted service, which the executor alone may ask to decide."""
    with scripted_server(tmp_path) as bound:
        yield bound
