"""The setup command that the files of the base suggest, for runs that ask for it and for those that lack pytest."""

import threading
from dataclasses import replace
from typing import Final

from autopack_executor.environment.suggestion import AUTO, Suggestion, suggest_setup, tells
from autopack_executor.errors import PytestMissing
from autopack_executor.gate.ports.machine import Environments
from autopack_executor.gate.ports.sources import Repository
from autopack_model.errors import BadRequest
from autopack_model.gate_request.test_command import TestCommand
from autopack_model.suite_run.value import Tree

MAX_BYTES: Final = 16 * 1024 * 1024


def with_setup(
    environments: Environments,
    repository: Repository,
    command: TestCommand,
    base: Tree | None,
    *,
    cancel: threading.Event,
) -> TestCommand:
    """The ``command`` with the setup that ``base`` suggests where it says "auto": made once, the same for both sides.
    The interpreter is the one behind a script of a version manager, the same for both sides as well. One that cannot
    work is refused, with that suggestion where it is pytest that is missing.

    Raises BadRequest for "auto" without a base, InterpreterUnusable, PytestMissing, Cancelled, GitFailed.
    """
    if command.setup == AUTO:
        if base is None:
            raise BadRequest("--setup auto chooses from the files of the base, and there is none; name the command")
        command = replace(command, setup=_suggestion(repository, base, command.folder).command)
    try:
        return replace(command, interpreter=environments.check(command, cancel=cancel))
    except PytestMissing as error:
        if base is None:
            raise
        advice = _suggestion(repository, base, command.folder).advice
        raise PytestMissing(f"{error.message}; {advice}", subject=error.subject) from error


def _suggestion(repository: Repository, tree: Tree, folder: str) -> Suggestion:
    prefix = f"{folder}/" if folder else ""
    inside = [path.removeprefix(prefix) for path in repository.tracked_files(tree) if path.startswith(prefix)]
    wanted = [path for path in inside if tells(path)]
    read = [path for path in wanted if not path.endswith(".lock")]
    contents = repository.contents(tree, [prefix + path for path in read], most=MAX_BYTES) or {}
    known = {path.removeprefix(prefix): data for path, data in contents.items()}
    return suggest_setup({path: known.get(path, b"") for path in wanted})
