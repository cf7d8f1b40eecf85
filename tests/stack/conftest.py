"""One stack of containers for all tests of this folder, with ports, secrets and volumes of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.stack.compose import Stack, StackFailed
from dev.stack.docker_engine import docker, engine_problem
from tests.e2e.command import Command
from tests.report import note
from tests.stack.gating import Gating
from tests.stack.stacks import running_stack

IMAGES = ("gatekeeper", "store", "executor")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("stack")


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack, built from the checkout, started and healthy; afterwards it is gone with all that it stored."""
    if (problem := engine_problem()) is not None:
        pytest.fail(f"the tests of the stack need a Docker engine: {problem}", pytrace=False)
    try:
        with running_stack(tmp_path_factory.mktemp("stack"), build=True) as stack:
            sizes = {
                name: int(docker("image", "inspect", "--format", "{{.Size}}", _image(name))) / 1e6 for name in IMAGES
            }
            shown = ", ".join(f"{name} {size:.0f} MB" for name, size in sizes.items())
            note(request.config, f"images: {shown}")
            yield stack
    except StackFailed as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session", params=IMAGES)
def service(request: pytest.FixtureRequest) -> str:
    """Each of the three services."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def image(stack: Stack, service: str) -> str:
    """The image of ``service``, as the stack built it."""
    return _image(service)


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command line, with a state directory of its own."""
    return Command(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def gating(stack: Stack, command: Command) -> Gating:
    """Gates on the stack, and embedded ones beside it."""
    return Gating.on(stack, command)


def _image(service: str) -> str:
    return f"autopack-{service}:0.1.0"
