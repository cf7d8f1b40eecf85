"""A gate whose tests would import the project from elsewhere is refused, if that is certain and only then."""

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

import pytest

from autopack_executor.errors import ProjectElsewhere
from autopack_executor.gate.start import prepare
from autopack_model.gate_request.value import GateRequest
from tests.fakes.gate import OPTIONS, REQUEST, Machine
from tests.fakes.gate_repository import BASE

SOURCE = {"pyproject.toml": "[project]\nname = 'acme'\n", "src/acme/__init__.py": ""}
TESTS = {"tests/test_acme.py": "from acme import it\n"}
INSTALLED = {"acme": "/home/ada/acme/src/acme/__init__.py"}

NOT_CERTAIN: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "flat_layout": ({"acme/__init__.py": "", **TESTS}, INSTALLED),
    "single_module": ({"acme.py": "", **TESTS}, INSTALLED),
    "flat_namespace": ({"acme/it.py": "", "src/acme/__init__.py": "", **TESTS}, INSTALLED),
    "not_installed": ({**SOURCE, **TESTS}, {}),
    "nothing_imports_it": ({**SOURCE, "tests/test_it.py": "import os\n"}, INSTALLED),
    "only_the_product_imports_it": ({**SOURCE, "src/acme/more.py": "import acme\n", "tests/test_it.py": ""}, INSTALLED),
    "another_name": ({**SOURCE, "tests/test_it.py": "import acme_tools\n"}, INSTALLED),
    "setting": ({**SOURCE, **TESTS, "pytest.ini": "[pytest]\npythonpath = src\n"}, INSTALLED),
    "conftest": ({**SOURCE, **TESTS, "conftest.py": "import sys\nsys.path.insert(0, 'src')\n"}, INSTALLED),
    "tests_beside_it": ({**SOURCE, "src/test_acme.py": "import acme\n"}, INSTALLED),
    "conftest_beside_it": ({**SOURCE, **TESTS, "src/conftest.py": ""}, INSTALLED),
    "tests_in_it": ({**SOURCE, "src/acme/tests/__init__.py": "", "src/acme/tests/test_a.py": "import acme"}, INSTALLED),
    "namespace": ({"src/acme/it/__init__.py": "", **TESTS}, INSTALLED),
}


def _commit(machine: Machine, files: Mapping[str, str]) -> None:
    machine.repository.files[BASE] = {path: content.encode() for path, content in files.items()}


def _prepare(machine: Machine, request: GateRequest) -> None:
    with ExitStack() as held:
        source = held.enter_context(machine.sources.open(request, cancel=threading.Event()))
        prepare(machine.dependencies, request, source, held, cancel=threading.Event())


def test_a_project_that_is_certainly_imported_from_elsewhere_is_refused(machine: Machine) -> None:
    """Where the environment has a package of ``src`` that a test imports, both places and the cure are named."""
    _commit(machine, {**SOURCE, **TESTS})
    machine.environments.installed = dict(INSTALLED)

    with pytest.raises(ProjectElsewhere) as refused:
        _prepare(machine, REQUEST)

    message = refused.value.message
    assert "the tests would import acme from /home/ada/acme/src/acme/__init__.py" in message
    assert "and not from src/acme/__init__.py of the commits that are gated" in message
    assert "--setup 'pip install -e .'" in message


@pytest.mark.parametrize("case", sorted(NOT_CERTAIN))
def test_what_may_be_imported_from_the_tree_is_gated(machine: Machine, case: str) -> None:
    """A layout, a setting or a line that can put the tree in front, or tests that import nothing of it, are no reason
    to refuse.
    """
    files, installed = NOT_CERTAIN[case]
    _commit(machine, files)
    machine.environments.installed = dict(installed)

    _prepare(machine, REQUEST)


@pytest.mark.parametrize("arguments", [("-o", "pythonpath=src"), ("-p", "acme.plugin"), ("-pacme",)])
def test_arguments_may_put_the_tree_in_front(machine: Machine, arguments: tuple[str, ...]) -> None:
    """An argument about the path, or a plugin that is loaded early, keeps the gate from being refused."""
    _commit(machine, {**SOURCE, **TESTS})
    machine.environments.installed = dict(INSTALLED)

    _prepare(machine, replace(REQUEST, options=replace(OPTIONS, arguments=arguments)))


def test_a_setup_makes_an_environment_of_its_own(machine: Machine) -> None:
    """With a setup command the interpreter's own environment does not matter."""
    _commit(machine, {**SOURCE, **TESTS})
    machine.environments.installed = dict(INSTALLED)

    _prepare(machine, replace(REQUEST, options=replace(OPTIONS, setup="pip install -e .")))
