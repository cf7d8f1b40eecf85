"""Refuse a gate whose tests would import the project from somewhere else than the trees that are gated.

That is certain where the interpreter has a module of the project (an editable install of the user's checkout, say),
tests import that module, and nothing puts the tree's own in front: neither the layout of the project, nor a setting,
an argument, a variable or a line of code that is about the path of imports.
"""

import threading

from autopack_executor.environment.off_the_path import is_test_file, modules_off_the_path
from autopack_executor.errors import ProjectElsewhere
from autopack_executor.gate.ports.machine import Environments
from autopack_executor.gate.ports.sources import Repository
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.suite_run.value import Tree

_CHANGES_THE_PATH = r"pythonpath|python_paths|PYTHONPATH|sys\.path|syspath|addsitedir|meta_path"
_WHERE_TO_LOOK = ("*.py", "*.toml", "*.ini", "*.cfg")


def refuse_project_elsewhere(
    environments: Environments, repository: Repository, base: Tree, command: TestCommand, *, cancel: threading.Event
) -> None:
    """Look at ``base`` and at the interpreter. Raises ProjectElsewhere, GitFailed, Cancelled."""
    if command.setup is not None or _puts_in_front(command):
        return
    modules = modules_off_the_path(repository.tracked_files(base), command.folder)
    if not modules or repository.files_matching(base, _CHANGES_THE_PATH, _WHERE_TO_LOOK):
        return
    origins = environments.origins(command, tuple(modules), cancel=cancel)
    for name in sorted(origins):
        importing = rf"^[[:space:]]*(from|import)[[:space:]]+{name}([[:space:].,]|$)"
        if any(is_test_file(path) for path in repository.files_matching(base, importing, ("*.py",))):
            raise ProjectElsewhere(
                f"the tests would import {name} from {origins[name]}, where {command.interpreter} has it, and not from "
                f"{modules[name]} of the commits that are gated; let a setup command make an environment for each "
                "side, with all that the tests need: --setup 'pip install -e .'; or name an interpreter without the "
                "project with --python",
                subject=str(command.interpreter),
            )


def _puts_in_front(command: TestCommand) -> bool:
    plugins = any(argument.startswith("-p") and "no:" not in argument for argument in command.arguments)
    path = any("pythonpath" in argument for argument in command.arguments)
    return plugins or path or any(variable.name == "PYTHONPATH" for variable in command.variables)
