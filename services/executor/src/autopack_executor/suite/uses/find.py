"""Finds the files of a tree that belong to its tests, once its suite has run."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from autopack_executor.suite.uses.program import Question
from autopack_executor.suite.value import Recording

MEMORY_BYTES: Final = 2 * 1024**3
TIMEOUT_S: Final = 60.0
MAX_FOUND: Final = 1000

_log = structlog.get_logger("executor")


def files_of_tests(tree: Path, paths: Sequence[str], recording: Recording) -> tuple[str, ...]:
    """The files, and the folders with a slash behind them, of ``paths`` in ``tree`` that belong to the tests of the
    recording, ascending; none where they cannot be looked at, and where there are more than MAX_FOUND.
    """
    modules: dict[str, list[str]] = {}
    functions: set[str] = set()
    for test_id in recording.test_ids:
        path, _, rest = test_id.partition("[")[0].partition("::")
        if not path.endswith(".py") or not rest or "." in rest:
            continue  # a doctest is called by its place
        names = rest.split("::")
        functions.add(names[-1])
        found = modules.setdefault(path, [])
        if names[0] not in found[-1:]:
            found.append(names[0])
    if not modules:
        return ()
    question = Question(
        root=str(tree), paths=list(paths), modules=modules, functions=sorted(functions), code=list(recording.test_code)
    )
    try:
        found_files = _ask(question)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _log.warning("the uses of the tree's files could not be looked at", problem=type(error).__name__)
        return ()
    return found_files if len(found_files) <= MAX_FOUND else ()


def _ask(question: Question) -> tuple[str, ...]:
    """What the program answers. Raises CalledProcessError, TimeoutExpired, ValueError."""
    answer = subprocess.run(
        [sys.executable, "-I", "-m", "autopack_executor.suite.uses.program", str(MEMORY_BYTES)],
        input=json.dumps(question).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=True,
        start_new_session=True,
    )
    found: list[str] = json.loads(answer.stdout)
    return tuple(sorted(set(found)))
