"""An executor whose outside is in memory."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.fakes.gate import Machine, make_machine


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """What is logged in the test, instead of being rendered."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine on which nothing has happened yet; its runs end with the test."""
    machine = make_machine()
    yield machine
    machine.active.close()
