"""Finds the files of a tree that belong to its tests, once its suite has run."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from autopack_executor.isolation.limited import answer_of
from autopack_executor.suite.uses.question import Question
from autopack_executor.suite.value import Recording

MAX_FOUND: Final = 1000
MAX_TOLD: Final = 400

_log = structlog.get_logger("executor")


def files_of_tests(
    tree: Path, paths: Sequence[str], recording: Recording, tell: Callable[[str], None]
) -> tuple[str, ...]:
    """The files, and the folders with a slash behind them, of ``paths`` in ``tree`` that belong to the tests of the
    recording, ascending. None where they cannot be looked at, and where there are more than MAX_FOUND: ``tell`` is
    told so.
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
        answer: list[str] | None = json.loads(answer_of("autopack_executor.suite.uses.program", question))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _log.warning("the uses of the tree's files could not be looked at", problem=type(error).__name__)
        return _unknown(f"the look at the tree failed ({error})", tell)
    if answer is None:
        return _unknown("the files of the tree hold more than is looked at", tell)
    if len(answer) > MAX_FOUND:
        return _unknown(f"there are more than {MAX_FOUND:,} of them", tell)
    return tuple(sorted(set(answer)))


def _unknown(problem: str, tell: Callable[[str], None]) -> tuple[str, ...]:
    tell(f"which further files belong to the tests is not known: {problem}"[:MAX_TOLD])
    return ()
